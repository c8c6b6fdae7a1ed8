#include "services/keystone/adopt/adopt.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/keystone/logic/fernet.h"
#include "services/keystone/logic/key_repository.h"
#include "services/keystone/logic/password.h"
#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

// Upstream's tables as far as they are read.
constexpr std::pair<const char*, const char*> kUpstream[] = {
    {"access_rule", "id, service, path, method, external_id, user_id"},
    {"application_credential",
     "internal_id, id, name, secret_hash, description, user_id, project_id, expires_at, system, "
     "unrestricted"},
    {"application_credential_access_rule", "application_credential_id, access_rule_id"},
    {"application_credential_role", "application_credential_id, role_id"},
    {"assignment", "type, actor_id, target_id, role_id, inherited"},
    {"credential", "id, user_id, project_id, type, extra, key_hash, encrypted_blob"},
    {"endpoint", "id, interface, service_id, url, extra, enabled, region_id"},
    {"endpoint_group", "id, name, description, filters"},
    {"group", "id, domain_id, name, description, extra"},
    {"implied_role", "prior_role_id, implied_role_id"},
    {"limit", "id, project_id, resource_limit, description, registered_limit_id, domain_id"},
    {"local_user", "id, user_id, domain_id, name"},
    {"password", "id, local_user_id, password_hash, created_at_int, expires_at_int"},
    {"policy", "id, type, blob, extra"},
    {"policy_association", "policy_id, endpoint_id, service_id, region_id"},
    {"project", "id, name, extra, description, enabled, domain_id, parent_id, is_domain"},
    {"project_endpoint", "endpoint_id, project_id"},
    {"project_endpoint_group", "endpoint_group_id, project_id"},
    {"project_option", "project_id, option_id, option_value"},
    {"project_tag", "project_id, name"},
    {"region", "id, description, parent_region_id, extra"},
    {"registered_limit", "id, service_id, region_id, resource_name, default_limit, description"},
    {"revocation_event",
     "domain_id, project_id, user_id, role_id, trust_id, consumer_id, access_token_id, "
     "issued_before, revoked_at, audit_id, audit_chain_id"},
    {"role", "id, name, extra, domain_id, description"},
    {"role_option", "role_id, option_id, option_value"},
    {"service", "id, type, enabled, extra"},
    {"system_assignment", "type, actor_id, target_id, role_id, inherited"},
    {"trust",
     "id, trustor_user_id, trustee_user_id, project_id, impersonation, deleted_at, expires_at, "
     "remaining_uses, extra, expires_at_int, redelegated_trust_id, redelegation_count"},
    {"trust_role", "trust_id, role_id"},
    {"user", "id, extra, enabled, default_project_id, created_at, domain_id"},
    {"user_group_membership", "user_id, group_id"},
    {"user_option", "user_id, option_id, option_value"}};

class AdoptTest : public testing::Test {
 protected:
  AdoptTest() {
    for (const auto& [table, columns] : kUpstream) {
      sql(fmt::format("CREATE TABLE `{}` ({})", table, columns));
    }
    sql("INSERT INTO project VALUES ('default', 'Default', '{}', 'd', 1, "
        "'<<keystone.domain.root>>',"
        " NULL, 1), ('p1', 'work', '{\"color\":\"red\"}', 'w', 1, 'default', 'default', 0)");
    sql(
        fmt::format("INSERT INTO `user` VALUES ('u1', '{{\"email\":\"a@b\"}}', 1, 'p1',"
                    " '2020-01-02 03:04:05.000006', 'default');"
                    "INSERT INTO local_user VALUES (7, 'u1', 'default', 'alice');"
                    "INSERT INTO password VALUES (1, 7, 'old', 1000, 2000),"
                    " (2, 7, '{}', 3000, NULL)",
                    hash_password("secret", {.rounds = 4}).value()));
    sql("INSERT INTO role VALUES ('r1', 'member', '{}', '<<null>>', NULL);"
        "INSERT INTO assignment VALUES ('UserProject', 'u1', 'p1', 'r1', 0)");
  }

  void sql(const std::string& text) {
    upstream->write([&](db::Transaction& tx) { tx.execute_script(text); });
  }

  // By noun; those that nothing is told of are absent.
  std::map<std::string, Adopted> adopt_all(Adoption more = none()) {
    const auto source = db::open_foreign("sqlite:///" + path());
    const Adoption adoption{.source = *source,
                            .credential_keys = more.credential_keys,
                            .own_services = {{"keystone", "identity"}}};
    std::map<std::string, Adopted> told;
    for (auto& noun : adopt(identity.cloud.db(), {.key_directory = identity.place},
                            identity.cloud.clock(), adoption)) {
      told[noun.noun] = noun;
    }
    return told;
  }
  static Adoption none() {
    static const std::unique_ptr<db::Foreign> nothing = db::open_foreign("sqlite:///:memory:");
    return {.source = *nothing};
  }
  std::string text(const std::string& query) {
    return identity.cloud.db().read(
        [&](db::Session& session) { return session.text(query).value_or("(none)"); });
  }
  // The cloud as it comes up afterwards.
  std::unique_ptr<TestIdentity> now() const {
    return std::make_unique<TestIdentity>(Options{}, nullptr, &identity);
  }
  std::string path() const { return (directory.path() / "upstream.db").string(); }

  TemporaryDirectory directory;
  std::unique_ptr<db::Database> upstream = db::open_sqlite({.path = path()});
  TestIdentity identity;
};

using Left = std::map<std::string, std::int64_t>;

TEST_F(AdoptTest, PeopleLogInWithTheYoungestPassword) {
  const auto told = adopt_all();
  EXPECT_EQ(told.at("users").fresh, 1);
  const auto cloud = now();
  EXPECT_NE(cloud->login("alice", "secret", project_scope("p1")), "");
  EXPECT_EQ(cloud->login("alice", "old"), "");
  const auto user = cloud->get("/users/u1");
  EXPECT_EQ(user.text({"user", "email"}), "a@b");
  EXPECT_EQ(user.text({"user", "default_project_id"}), "p1");
  EXPECT_EQ(cloud->get("/projects/p1").text({"project", "color"}), "red");
}

TEST_F(AdoptTest, ASecondTimeNothingChanges) {
  adopt_all();
  for (const auto& [noun, told] : adopt_all()) {
    EXPECT_EQ(told.fresh + told.changed, 0) << noun;
    EXPECT_EQ(told.read, told.unchanged) << noun;
  }
  sql("UPDATE project SET description = 'other' WHERE id = 'p1'");
  EXPECT_EQ(adopt_all().at("projects").changed, 1);
  EXPECT_EQ(identity.get("/projects/p1").text({"project", "description"}), "other");
}

TEST_F(AdoptTest, WhatTheBootstrapMadeTakesTheSourcesId) {
  const auto member = identity.role_id("member"), demo = identity.user_id("demo");
  const auto told = adopt_all();
  EXPECT_EQ(told.at("roles").joined, std::vector<std::string>{"member"});
  EXPECT_EQ(identity.role_id("member"), "r1");
  EXPECT_EQ(text("SELECT role_id FROM role_assignments WHERE actor_id = '" + demo + "'"), "r1");
  EXPECT_EQ(text("SELECT implied_role_id FROM implied_roles WHERE prior_role_id = 'r1'"),
            identity.role_id("reader"));
  EXPECT_EQ(text("SELECT role_id FROM role_assignments WHERE role_id = '" + member + "'"),
            "(none)");
}

TEST_F(AdoptTest, OthersOfTheSameNameStay) {
  const auto mine = identity.user("alice", "mine");
  const auto told = adopt_all();
  EXPECT_EQ(told.at("users").left, (Left{{"another one of the same name is here", 1}}));
  EXPECT_EQ(told.at("role assignments").left, (Left{{"its user is not here", 1}}));
  EXPECT_EQ(identity.user_id("alice"), mine);
  EXPECT_NE(identity.login("alice", "mine"), "");
}

TEST_F(AdoptTest, SaysWhatItLeaves) {
  sql("INSERT INTO `user` VALUES ('u2', '{}', 1, NULL, NULL, 'default');"
      "INSERT INTO user_group_membership VALUES ('u2', 'g1');"
      "CREATE TABLE consumer (id); INSERT INTO consumer VALUES (1), (2);"
      "ALTER TABLE role ADD COLUMN weight");
  const auto told = adopt_all();
  EXPECT_EQ(told.at("users").left, (Left{{"known to LDAP or a federation only", 1}}));
  EXPECT_EQ(told.at("group members").left, (Left{{"its user is not here", 1}}));
  EXPECT_EQ(told.at("consumer").left, (Left{{"a table that is not carried", 2}}));
  EXPECT_EQ(told.at("role.weight").left, (Left{{"a column not known here", 1}}));
}

TEST_F(AdoptTest, CredentialsNeedTheirKeys) {
  const auto keys = directory.path() / "credential-keys";
  KeyRepository repository(keys, identity.cloud.clock());
  ASSERT_TRUE(repository.setup());
  const auto blob = fernet_encrypt(**repository.keys(), "the blob", identity.cloud.clock().now());
  sql("INSERT INTO credential VALUES ('c1', 'u1', NULL, 'cert', '{}', 'hash', '" + blob + "')");
  EXPECT_EQ(adopt_all().at("credentials").fresh, 0);
  auto with_keys = none();
  with_keys.credential_keys = keys;
  EXPECT_EQ(adopt_all(with_keys).at("credentials").fresh, 1);
  EXPECT_EQ(adopt_all(with_keys).at("credentials").unchanged, 1);
  EXPECT_EQ(identity.get("/credentials/c1").text({"credential", "blob"}), "the blob");
}

TEST_F(AdoptTest, RevokedStaysRevoked) {
  adopt_all();
  const auto before = now();
  const auto token = before->login("alice", "secret", project_scope("p1"));
  ASSERT_EQ(before->inspect(token).status, 200);
  const auto when = iso_micros_naive(identity.cloud.clock().now());
  sql(
      fmt::format("INSERT INTO revocation_event (user_id, issued_before, revoked_at) VALUES "
                  "('u1', '{0}', '{0}'), (NULL, '{0}', '{0}')",
                  when));
  const auto told = adopt_all();
  EXPECT_EQ(told.at("revocations").fresh, 1);
  EXPECT_EQ(told.at("revocations").left,
            (Left{{"of something that is looked up for every token here", 1}}));
  EXPECT_EQ(adopt_all().at("revocations").unchanged, 1);
  EXPECT_EQ(now()->inspect(token).status, 404);
}

TEST_F(AdoptTest, ItsOwnEndpointsKeepTheirUrl) {
  sql("INSERT INTO region VALUES ('RegionOne', '', NULL, '{}');"
      "INSERT INTO service VALUES ('s1', 'identity', 1, '{\"name\":\"keystone\"}'),"
      " ('s2', 'dns', 1, '{\"name\":\"names\",\"description\":\"d\"}');"
      "INSERT INTO endpoint VALUES ('e1', 'public', 's1', 'http://old', '{}', 1, 'RegionOne'),"
      " ('e2', 'public', 's2', 'http://names', '{}', 1, 'RegionOne')");
  const auto told = adopt_all();
  EXPECT_EQ(told.at("services").joined, std::vector<std::string>{"keystone"});
  EXPECT_EQ(text("SELECT url FROM catalog_endpoints WHERE id = 'e1'"),
            "http://cloud.test/identity");
  EXPECT_EQ(text("SELECT url FROM catalog_endpoints WHERE id = 'e2'"), "http://names");
  EXPECT_EQ(text("SELECT count(*) FROM catalog_endpoints WHERE service_id = 's1'"), "3");
  EXPECT_EQ(adopt_all().at("endpoints").unchanged, 2);
}

TEST_F(AdoptTest, TokenKeysTakeThePlaceOfThoseHere) {
  const auto theirs = directory.path() / "fernet-keys";
  ASSERT_TRUE(KeyRepository(theirs, identity.cloud.clock()).setup());
  const Options options{.key_directory = identity.place};
  const auto take = [&](bool only_look) {
    return adopt_token_keys(theirs, options, only_look).changed;
  };
  EXPECT_TRUE(take(true));
  EXPECT_TRUE(take(false));
  EXPECT_FALSE(take(false));
  EXPECT_TRUE(std::filesystem::exists(identity.place / "fernet-keys.before-adoption" / "1"));
  EXPECT_THROW(adopt_token_keys(directory.path() / "none", options, false), std::runtime_error);
}

TEST_F(AdoptTest, RefusesWhatIsNoKeystone) {
  sql("ALTER TABLE `user` RENAME COLUMN enabled TO on_or_off");
  EXPECT_THROW(adopt_all(), db::Error);
  sql("DROP TABLE `user`");
  EXPECT_THROW(adopt_all(), db::Error);
}

TEST(ForeignUrl, IsReadAsSqlalchemyWritesIt) {
  const auto at = db::parse_mysql_url("mysql+pymysql://me:p%40ss%2Fw@[::1]:3307/key?charset=utf8");
  ASSERT_TRUE(at);
  EXPECT_EQ(at->user, "me");
  EXPECT_EQ(at->password, "p@ss/w");
  EXPECT_EQ(at->host, "::1");
  EXPECT_EQ(at->port, 3307u);
  EXPECT_EQ(at->name, "key");
  const auto socket = db::parse_mysql_url("mysql://me@localhost/key?unix_socket=/run/s");
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->socket, "/run/s");
  EXPECT_EQ(socket->port, 3306u);
  for (const char* bad : {"mysql://host", "mysql://me@host:0/key", "mysql://me@host:x/key",
                          "mysql://me@host/", "sqlite:///x", "", "://"}) {
    EXPECT_FALSE(db::parse_mysql_url(bad)) << bad;
  }
}

}  // namespace
}  // namespace haneul::keystone
