#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

std::size_t size_of(const resource::Answer& answer, const char* key) {
  const auto* array = answer.json.at({key});
  EXPECT_TRUE(array && array->array()) << answer.body;
  return array && array->array() ? array->array()->size() : 0;
}

TEST(Role, IsMadeShownChangedAndDeleted) {
  TestIdentity identity;
  const auto made = identity.post("/roles", R"({"role":{"name":"auditor"}})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_TRUE(made.json.at({"role", "domain_id"})->is_null());
  const auto path = "/roles/" + made.text({"role", "id"});
  EXPECT_EQ(identity.get(path).json, made.json);
  EXPECT_EQ(identity.patch(path, R"({"role":{"name":"checker"}})").text({"role", "name"}),
            "checker");
  EXPECT_EQ(identity.post("/roles", R"({"role":{"name":"checker"}})").status, 409);
  EXPECT_EQ(identity.post("/roles", R"({"role":{}})").status, 400);
  EXPECT_EQ(size_of(identity.get("/roles?name=checker"), "roles"), 1u);
  EXPECT_EQ(identity.remove(path).status, 204);
  EXPECT_EQ(identity.get(path).status, 404);
  EXPECT_EQ(identity.remove("/roles/" + identity.role_id("admin")).status, 403);  // immutable
}

TEST(Role, MadeAMomentAgoIsInTokens) {
  TestIdentity identity;
  EXPECT_NE(identity.login("demo", "demo", project_scope(identity.project_id("demo"))), "");
  const auto role = identity.post("/roles", R"({"role":{"name":"fresh"}})").text({"role", "id"});
  const auto project = identity.project("fresh");
  const auto path =
      fmt::format("/projects/{}/users/{}/roles/{}", project, identity.user_id("demo"), role);
  EXPECT_EQ(identity.put(path).status, 204);
  EXPECT_NE(identity.login("demo", "demo", project_scope(project)), "");
}

TEST(Role, OfADomainIsListedApartAndStaysInItsDomain) {
  TestIdentity identity;
  const auto domain =
      identity.post("/domains", R"({"domain":{"name":"d"}})").text({"domain", "id"});
  const auto role =
      identity
          .post("/roles", fmt::format(R"({{"role":{{"name":"local","domain_id":"{}"}}}})", domain))
          .text({"role", "id"});
  EXPECT_EQ(size_of(identity.get("/roles?name=local"), "roles"), 0u);
  EXPECT_EQ(size_of(identity.get("/roles?domain_id=" + domain), "roles"), 1u);
  EXPECT_EQ(identity.get("/roles/" + role).text({"role", "domain_id"}), domain);
  EXPECT_EQ(identity
                .put(fmt::format("/projects/{}/users/{}/roles/{}", identity.project_id("demo"),
                                 identity.user_id("demo"), role))
                .status,
            403);
  EXPECT_EQ(
      identity.put(fmt::format("/system/users/{}/roles/{}", identity.user_id("demo"), role)).status,
      400);
  const auto inside = identity.project("inside", fmt::format(R"(,"domain_id":"{}")", domain));
  EXPECT_EQ(identity
                .put(fmt::format("/projects/{}/users/{}/roles/{}", inside, identity.user_id("demo"),
                                 role))
                .status,
            204);
  // Such a role is in no token, only what it implies.
  EXPECT_EQ(identity.login("demo", "demo", project_scope(inside)), "");
  EXPECT_EQ(
      identity.put(fmt::format("/roles/{}/implies/{}", role, identity.role_id("reader"))).status,
      201);
  EXPECT_NE(identity.login("demo", "demo", project_scope(inside)), "");
}

TEST(ImpliedRole, IsMadeShownAndDeleted) {
  TestIdentity identity;
  const auto a = identity.post("/roles", R"({"role":{"name":"a"}})").text({"role", "id"});
  const auto b = identity.post("/roles", R"({"role":{"name":"b"}})").text({"role", "id"});
  const auto path = fmt::format("/roles/{}/implies/{}", a, b);
  EXPECT_EQ(identity.get(path).status, 404);
  const auto made = identity.put(path);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.text({"role_inference", "implies", "name"}), "b");
  EXPECT_EQ(identity.get(path).status, 200);
  EXPECT_EQ(identity.request("HEAD", path).status, 204);
  EXPECT_EQ(identity.put(path).status, 409);
  EXPECT_EQ(identity.put(fmt::format("/roles/{}/implies/{}", a, identity.role_id("admin"))).status,
            403);
  EXPECT_EQ(identity.put(fmt::format("/roles/{}/implies/none", a)).status, 404);
  const auto list = identity.get(fmt::format("/roles/{}/implies", a));
  EXPECT_EQ(list.json.at({"role_inference", "implies"})->array()->size(), 1u);
  EXPECT_EQ(size_of(identity.get("/role_inferences"), "role_inferences"), 4u);
  EXPECT_EQ(identity.remove(path).status, 204);
  EXPECT_EQ(identity.remove(path).status, 404);
}

TEST(Grant, GivesAndTakesRoles) {
  TestIdentity identity;
  const auto user = identity.user_id("demo"), role = identity.role_id("reader");
  for (const std::string& target : {"/projects/" + identity.project_id("admin"),
                                    std::string("/domains/default"), std::string("/system")}) {
    const auto all = fmt::format("{}/users/{}/roles", target, user), one = all + "/" + role;
    EXPECT_EQ(identity.get(one).status, 404) << one;
    EXPECT_EQ(identity.remove(one).status, 404);
    EXPECT_EQ(identity.put(one).status, 204);
    EXPECT_EQ(identity.get(one).status, 204);
    EXPECT_EQ(identity.request("HEAD", one).status, 204);
    EXPECT_EQ(size_of(identity.get(all), "roles"), 1u);
    EXPECT_EQ(identity.remove(one).status, 204);
    EXPECT_EQ(size_of(identity.get(all), "roles"), 0u);
    EXPECT_EQ(identity.put(all + "/none").status, 404);
    EXPECT_EQ(identity.put(fmt::format("{}/users/none/roles/{}", target, role)).status, 404);
  }
}

TEST(Grant, TakenAwayEndsTokensAtOnce) {
  TestIdentity identity;
  const auto project = identity.project_id("demo");
  const auto token = identity.login("demo", "demo", project_scope(project));
  ASSERT_NE(identity.keystone.authenticate(token), nullptr);
  const auto grant = fmt::format("/projects/{}/users/{}/roles/{}", project,
                                 identity.user_id("demo"), identity.role_id("member"));
  EXPECT_EQ(identity.remove(grant).status, 204);
  EXPECT_EQ(identity.keystone.authenticate(token), nullptr);
  EXPECT_EQ(identity.put(grant).status, 204);
  EXPECT_NE(identity.keystone.authenticate(token), nullptr);
}

TEST(Grant, InheritedReachesProjectsBelow) {
  TestIdentity identity;
  const auto top = identity.project("top");
  const auto low = identity.project("low", fmt::format(R"(,"parent_id":"{}")", top));
  const auto role = identity.role_id("reader"), user = identity.user_id("demo");
  const auto grant = fmt::format("/OS-INHERIT/projects/{}/users/{}/roles/{}/inherited_to_projects",
                                 top, user, role);
  EXPECT_EQ(identity.put(grant).status, 204);
  EXPECT_EQ(identity.get(grant).status, 204);
  EXPECT_EQ(identity.login("demo", "demo", project_scope(top)), "");
  EXPECT_NE(identity.login("demo", "demo", project_scope(low)), "");
  const auto demo = identity.login("demo", "demo", project_scope(low));
  EXPECT_EQ(size_of(identity.as(demo, "GET", "/auth/projects"), "projects"), 2u);
  EXPECT_EQ(identity.remove(grant).status, 204);
  EXPECT_EQ(identity.keystone.authenticate(demo), nullptr);
  EXPECT_EQ(
      identity
          .put(fmt::format("/OS-INHERIT/domains/default/users/{}/roles/{}/inherited_to_projects",
                           user, role))
          .status,
      204);
  EXPECT_NE(identity.login("demo", "demo", project_scope(top)), "");
  EXPECT_EQ(size_of(identity.get(fmt::format(
                        "/OS-INHERIT/domains/default/users/{}/roles/inherited_to_projects", user)),
                    "roles"),
            1u);
}

TEST(RoleAssignment, ListsDirectAndEffectiveOnes) {
  TestIdentity identity;
  const auto group = identity.post("/groups", R"({"group":{"name":"g"}})").text({"group", "id"});
  const auto demo = identity.user_id("demo"), project = identity.project("p");
  identity.put(fmt::format("/groups/{}/users/{}", group, demo));
  identity.put(
      fmt::format("/projects/{}/groups/{}/roles/{}", project, group, identity.role_id("member")));
  const auto all = [&](const std::string& query) {
    return identity.get("/role_assignments" + query);
  };
  EXPECT_EQ(size_of(all(""), "role_assignments"), 5u);
  EXPECT_EQ(size_of(all("?scope.project.id=" + project), "role_assignments"), 1u);
  EXPECT_EQ(size_of(all("?scope.system=all"), "role_assignments"), 1u);
  EXPECT_EQ(size_of(all("?group.id=" + group), "role_assignments"), 1u);
  const auto effective = all("?effective&include_names&scope.project.id=" + project);
  ASSERT_EQ(size_of(effective, "role_assignments"), 2u);  // member, and reader by implication
  const auto& first = effective.json.at({"role_assignments"})->array()->front();
  EXPECT_EQ(*first.at({"user", "name"})->text(), "demo");
  EXPECT_EQ(*first.at({"user", "domain", "name"})->text(), "Default");
  EXPECT_EQ(*first.at({"scope", "project", "name"})->text(), "p");
  EXPECT_EQ(*first.at({"role", "name"})->text(), "member");
  EXPECT_EQ(*first.at({"links", "assignment"})->text(),
            fmt::format("http://cloud.test:5000/identity/v3/projects/{}/groups/{}/roles/{}",
                        project, group, identity.role_id("member")));
  EXPECT_NE(first.at({"links", "membership"}), nullptr);
  EXPECT_EQ(size_of(all("?effective&user.id=" + demo), "role_assignments"), 4u);
  EXPECT_EQ(size_of(all("?effective&role.id=" + identity.role_id("reader") + "&user.id=" + demo),
                    "role_assignments"),
            2u);
  for (const char* query :
       {"?user.id=a&group.id=b", "?scope.project.id=a&scope.domain.id=b", "?effective&group.id=a",
        "?scope.system=all&scope.domain.id=b", "?include_subtree"}) {
    EXPECT_EQ(all(query).status, 400) << query;
  }
  const auto token = identity.login("demo", "demo", project_scope(project));
  EXPECT_EQ(identity.as(token, "GET", "/role_assignments").status, 403);
}

TEST(RoleAssignment, ListsInheritedOnesOfATree) {
  TestIdentity identity;
  const auto top = identity.project("top");
  const auto low = identity.project("low", fmt::format(R"(,"parent_id":"{}")", top));
  identity.put(fmt::format("/OS-INHERIT/projects/{}/users/{}/roles/{}/inherited_to_projects", top,
                           identity.user_id("demo"), identity.role_id("reader")));
  const auto direct = identity.get("/role_assignments?include_subtree&scope.project.id=" + top);
  EXPECT_EQ(size_of(direct, "role_assignments"), 1u);
  const auto below = identity.get("/role_assignments?effective&scope.project.id=" + low);
  ASSERT_EQ(size_of(below, "role_assignments"), 1u);
  const auto& only = below.json.at({"role_assignments"})->array()->front();
  EXPECT_EQ(*only.at({"scope", "OS-INHERIT:inherited_to"})->text(), "projects");
  EXPECT_EQ(size_of(identity.get("/role_assignments?effective&scope.project.id=" + top),
                    "role_assignments"),
            0u);
}

}  // namespace
}  // namespace haneul::keystone
