#include <fmt/format.h>
#include <gtest/gtest.h>

#include "drivers/directory/fake_directory.h"
#include "services/keystone/logic/public_id.h"
#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

Options with_directories() {
  Options options;
  options.domain_drivers = options.domain_configs_in_tables = true;
  return options;
}

// A domain "far" whose users are in a directory: ann and bob; group staff with ann in it.
class DirectoryTest : public ::testing::Test {
 protected:
  DirectoryTest()
      : identity(with_directories(), [this](const directory::Settings&) { return fake; }) {
    put_user("ann", "ann@x");
    put_user("bob", "bob@x");
    put_group("staff", {"ann"});
    domain = identity.post("/domains", R"({"domain":{"name":"far"}})").text({"domain", "id"});
    configure();
  }

  void configure(const std::string& more = "") {
    const auto answer = identity.put(
        "/domains/" + domain + "/config",
        R"({"config":{"identity":{"driver":"ldap"},"ldap":{"suffix":"dc=x","group_name_attribute":)"
        R"("cn","user_enabled_attribute":"locked","user_enabled_invert":true,)"
        R"("user_enabled_default":"FALSE")" +
            more + "}}}");
    ASSERT_LT(answer.status, 300) << answer.body;
  }
  static std::string dn(const std::string& name) { return "cn=" + name + ",ou=Users,dc=x"; }
  void put_user(const std::string& name, const std::string& mail, const char* locked = "FALSE") {
    fake->put({dn(name),
               {{"objectClass", {"inetOrgPerson"}},
                {"cn", {name}},
                {"sn", {name}},
                {"mail", {mail}},
                {"locked", {locked}},
                {"userPassword", {"secret-" + name}}}});
  }
  void put_group(const std::string& name, const std::vector<std::string>& users) {
    directory::Entry group{"cn=" + name + ",ou=UserGroups,dc=x",
                           {{"objectClass", {"groupOfNames"}}, {"cn", {name}}}};
    for (const auto& user : users) group.attributes["member"].push_back(dn(user));
    fake->put(std::move(group));
  }
  std::string id_of(const std::string& name) const { return public_id(domain, "user", name); }
  std::string group_id(const std::string& name) const { return public_id(domain, "group", name); }

  TestIdentity::Answer enter(const std::string& name, const std::string& password,
                             const std::string& scope = "") {
    return identity.authenticate(fmt::format(
        R"({{"auth":{{"identity":{{"methods":["password"],"password":{{"user":{{"name":"{}",)"
        R"("password":"{}","domain":{{"name":"far"}}}}}}}}{}}}}})",
        name, password, scope.empty() ? "" : ",\"scope\":" + scope));
  }
  std::string token(const std::string& name, const std::string& scope = "") {
    return std::string(enter(name, "secret-" + name, scope).headers.get("X-Subject-Token"));
  }
  std::size_t listed(const std::string& path, const char* plural) {
    const auto answer = identity.get(path);
    const auto* rows = answer.json.at({plural});
    return rows && rows->array() ? rows->array()->size() : 9999;
  }

  std::shared_ptr<directory::FakeDirectory> fake = std::make_shared<directory::FakeDirectory>();
  TestIdentity identity;
  std::string domain;
};

TEST(PublicIdTest, IsUpstreams) {
  EXPECT_EQ(public_id("default", "user", "ann"),
            "a2d27fc74a2f61b3a64815e71dad383e0c9e2d6e5678a4a385ed076e6d0041d8");
}

TEST_F(DirectoryTest, ListsAndShowsUsers) {
  EXPECT_EQ(listed("/users?domain_id=" + domain, "users"), 2u);
  const auto ann = identity.get("/users/" + id_of("ann"));
  EXPECT_EQ(ann.status, 200) << ann.body;
  EXPECT_EQ(ann.text({"user", "name"}), "ann");
  EXPECT_EQ(ann.text({"user", "email"}), "ann@x");
  EXPECT_EQ(ann.text({"user", "domain_id"}), domain);
  EXPECT_EQ(*ann.json.at({"user", "enabled"})->boolean(), true);
  put_user("ann", "new@x", "TRUE");
  const auto changed = identity.get("/users/" + id_of("ann"));
  EXPECT_EQ(changed.text({"user", "email"}), "new@x");
  EXPECT_EQ(*changed.json.at({"user", "enabled"})->boolean(), false);
  fake->remove(dn("ann"));
  EXPECT_EQ(identity.get("/users/" + id_of("ann")).status, 404);
  EXPECT_EQ(listed("/users?domain_id=" + domain, "users"), 1u);
}

TEST_F(DirectoryTest, FindsOneUserWithoutReadingAll) {
  EXPECT_EQ(listed("/users?domain_id=" + domain + "&name=bob", "users"), 1u);
  EXPECT_NE(fake->searches().back().filter.find("(sn=bob)"), std::string::npos);
  fake->remove(dn("bob"));
  EXPECT_EQ(listed("/users?domain_id=" + domain + "&name=bob", "users"), 0u);
}

TEST_F(DirectoryTest, ListsOneDomainAtATime) {
  EXPECT_EQ(listed("/users", "users"), 2u);  // the token's: admin and demo
  const auto narrow = identity.get("/users?domain_id=default");
  EXPECT_EQ(narrow.json.at({"users"})->array()->size(), 2u);
  EXPECT_TRUE(fake->searches().empty());
}

TEST_F(DirectoryTest, LetsUsersInByTheirPassword) {
  EXPECT_EQ(enter("ann", "secret-ann").status, 201);
  EXPECT_EQ(enter("ann", "secret-ann").text({"token", "user", "id"}), id_of("ann"));
  EXPECT_EQ(enter("ann", "wrong").status, 401);
  EXPECT_EQ(enter("ann", "").status, 401);
  EXPECT_EQ(enter("nobody", "secret-ann").status, 401);
  put_user("ann", "ann@x", "TRUE");
  EXPECT_EQ(enter("ann", "secret-ann").status, 401);
}

TEST_F(DirectoryTest, TakesNothingForSyntax) {
  for (const char* name : {"*", "a*", "ann)(cn=*", "*)(objectClass=*", "\\\\2a", "(", "ann,ou=x"}) {
    EXPECT_EQ(enter(name, "secret-ann").status, 401) << name;
  }
  EXPECT_EQ(listed("/users?domain_id=" + domain + "&name=*", "users"), 0u);
  EXPECT_EQ(listed("/groups?domain_id=" + domain + "&name=st*", "groups"), 0u);
}

TEST_F(DirectoryTest, GivesRolesToUsersAndGroups) {
  const auto project = identity.project("p");
  EXPECT_EQ(listed("/users?domain_id=" + domain, "users"), 2u);
  EXPECT_EQ(listed("/groups?domain_id=" + domain, "groups"), 1u);
  identity.grant(id_of("bob"), project, "reader");
  EXPECT_EQ(identity
                .put("/projects/" + project + "/groups/" + group_id("staff") + "/roles/" +
                     identity.role_id("member"))
                .status,
            204);
  const auto ann = token("ann", project_scope(project));
  const auto shown = identity.inspect(ann);
  EXPECT_EQ(shown.json.at({"token", "roles"})->array()->size(), 2u) << shown.body;
  EXPECT_EQ(identity.inspect(token("bob", project_scope(project)))
                .json.at({"token", "roles"})
                ->array()
                ->size(),
            1u);
  EXPECT_EQ(listed("/role_assignments?effective&scope.project.id=" + project, "role_assignments"),
            3u);
  put_group("staff", {"bob"});
  identity.cloud.clock().advance(std::chrono::minutes(11));
  EXPECT_EQ(identity.inspect(ann).status, 404);
}

TEST_F(DirectoryTest, TokensStandForWhatTheDirectorySaid) {
  const auto ann = token("ann");
  const auto before = fake->searches().size();
  EXPECT_EQ(identity.inspect(ann).status, 200);
  EXPECT_EQ(fake->searches().size(), before);
  fake->remove(dn("ann"));
  EXPECT_EQ(identity.inspect(ann).status, 200);
  identity.cloud.clock().advance(std::chrono::minutes(11));
  EXPECT_EQ(identity.inspect(ann).status, 404);
}

TEST_F(DirectoryTest, KnowsMembersOfGroups) {
  EXPECT_EQ(listed("/groups?domain_id=" + domain, "groups"), 1u);
  EXPECT_EQ(listed("/groups/" + group_id("staff") + "/users", "users"), 1u);
  EXPECT_EQ(listed("/users/" + id_of("ann") + "/groups", "groups"), 1u);
  const auto member = "/groups/" + group_id("staff") + "/users/";
  EXPECT_EQ(identity.request("HEAD", member + id_of("ann")).status, 204);
  EXPECT_EQ(listed("/users?domain_id=" + domain, "users"), 2u);
  EXPECT_EQ(identity.request("HEAD", member + id_of("bob")).status, 404);
  put_group("staff", {"ann", "bob", "gone"});
  EXPECT_EQ(listed("/groups/" + group_id("staff") + "/users", "users"), 2u);
}

TEST_F(DirectoryTest, KnowsGroupsWithinGroups) {
  // The option is the configuration file's alone.
  Options options;
  options.identity_driver = "ldap";
  options.ldap.suffix = "dc=x";
  options.ldap.group_name_attribute = "cn";
  options.ldap.group_ad_nesting = true;
  fake->put({"cn=all,ou=UserGroups,dc=x",
             {{"objectClass", {"groupOfNames"}},
              {"cn", {"all"}},
              {"member", {"cn=staff,ou=UserGroups,dc=x"}}}});
  TestIdentity other(options, [this](const directory::Settings&) { return fake; });
  EXPECT_FALSE(other.admin.empty());  // who was in the tables stays
  const auto entered = other.login("ann", "secret-ann");
  const auto groups = other.as(entered, "GET", "/users/ann/groups");
  EXPECT_EQ(groups.status, 200) << groups.body;
  EXPECT_EQ(groups.json.at({"groups"})->array()->size(), 2u) << groups.body;
}

TEST_F(DirectoryTest, IsOnlyRead) {
  EXPECT_EQ(listed("/users?domain_id=" + domain, "users"), 2u);
  EXPECT_EQ(listed("/groups?domain_id=" + domain, "groups"), 1u);
  const auto refused = [](const TestIdentity::Answer& answer) {
    EXPECT_EQ(answer.status, 403) << answer.body;
    EXPECT_EQ(answer.text({"error", "message"}), "LDAP does not support write operations");
  };
  const auto user = "/users/" + id_of("ann"), group = "/groups/" + group_id("staff");
  refused(identity.post("/users",
                        fmt::format(R"({{"user":{{"name":"x","domain_id":"{}"}}}})", domain)));
  refused(identity.patch(user, R"({"user":{"enabled":false}})"));
  refused(identity.remove(user));
  refused(identity.post("/groups",
                        fmt::format(R"({{"group":{{"name":"x","domain_id":"{}"}}}})", domain)));
  refused(identity.patch(group, R"({"group":{"description":"x"}})"));
  refused(identity.remove(group));
  refused(identity.put(group + "/users/" + id_of("bob")));
  refused(identity.remove(group + "/users/" + id_of("ann")));
  refused(identity.as("", "POST", user + "/password",
                      R"({"user":{"original_password":"secret-ann","password":"new"}})"));
  EXPECT_EQ(identity
                .as("", "POST", user + "/password",
                    R"({"user":{"original_password":"wrong","password":"new"}})")
                .status,
            401);
  const auto across = identity.put(group + "/users/" + identity.user_id("demo"));
  EXPECT_EQ(across.status, 403);
  EXPECT_NE(across.text({"error", "message"}).find("across backend boundaries"), std::string::npos);
}

TEST_F(DirectoryTest, SaysSoWhenItIsDownAndIsAskedAgainLater) {
  const auto ann = token("ann");
  fake->set_reachable(false);
  EXPECT_EQ(enter("ann", "secret-ann").status, 503);
  const auto asked = fake->searches().size();
  const auto refused = identity.get("/users?domain_id=" + domain);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(fake->searches().size(), asked);  // not asked while it just failed
  EXPECT_EQ(identity.login("demo", "demo").empty(), false);
  EXPECT_EQ(identity.get("/users?domain_id=default").status, 200);
  EXPECT_EQ(identity.inspect(ann).status, 200);
  fake->set_reachable(true);
  identity.cloud.clock().advance(std::chrono::seconds(3));
  EXPECT_EQ(enter("ann", "secret-ann").status, 201);
}

TEST_F(DirectoryTest, LeavesWithItsConfiguration) {
  const auto ann = token("ann");
  EXPECT_EQ(identity.inspect(ann).status, 200);
  EXPECT_EQ(identity.remove("/domains/" + domain + "/config").status, 204);
  EXPECT_EQ(identity.inspect(ann).status, 404);
  EXPECT_EQ(listed("/users?domain_id=" + domain, "users"), 0u);
  EXPECT_EQ(enter("ann", "secret-ann").status, 401);
  configure();
  EXPECT_EQ(enter("ann", "secret-ann").status, 201);
}

TEST_F(DirectoryTest, SaysWhichOptionIsNoGood) {
  configure(R"(,"query_scope":"deep")");
  const auto answer = identity.get("/users?domain_id=" + domain);
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.text({"error", "message"}).find("query_scope"), std::string::npos)
      << answer.body;
}

TEST_F(DirectoryTest, EnabledUsersAreMembersOfAGroup) {
  configure(R"(,"user_enabled_emulation":true)");
  fake->put({"cn=enabled_users,ou=Users,dc=x",
             {{"objectClass", {"groupOfNames"}}, {"member", {dn("ann")}}}});
  EXPECT_EQ(enter("ann", "secret-ann").status, 201);
  EXPECT_EQ(enter("bob", "secret-bob").status, 401);
  EXPECT_EQ(listed("/users?domain_id=" + domain + "&enabled=true", "users"), 1u);
}

TEST_F(DirectoryTest, MasksTellWhoIsLocked) {
  configure(R"(,"user_enabled_mask":2,"user_enabled_default":"512")");
  put_user("ann", "a@x", "514");
  put_user("bob", "b@x", "512");
  EXPECT_EQ(enter("ann", "secret-ann").status, 401);
  EXPECT_EQ(enter("bob", "secret-bob").status, 201);
}

}  // namespace
}  // namespace haneul::keystone
