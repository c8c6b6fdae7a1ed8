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
    {"access_token",
     "id, access_secret, consumer_id, project_id, expires_at, authorizing_user_id, role_ids"},
    {"access_rule", "id, service, path, method, external_id, user_id"},
    {"application_credential",
     "internal_id, id, name, secret_hash, description, user_id, project_id, expires_at, system, "
     "unrestricted"},
    {"application_credential_access_rule", "application_credential_id, access_rule_id"},
    {"application_credential_role", "application_credential_id, role_id"},
    {"assignment", "type, actor_id, target_id, role_id, inherited"},
    {"consumer", "id, description, secret, extra"},
    {"credential", "id, user_id, project_id, type, extra, key_hash, encrypted_blob"},
    {"endpoint", "id, interface, service_id, url, extra, enabled, region_id"},
    {"endpoint_group", "id, name, description, filters"},
    {"expiring_user_group_membership", "user_id, group_id, idp_id, last_verified"},
    {"federated_user", "id, user_id, idp_id, protocol_id, unique_id, display_name"},
    {"federation_protocol", "id, idp_id, mapping_id, remote_id_attribute"},
    {"group", "id, domain_id, name, description, extra"},
    {"id_mapping", "public_id, domain_id, local_id, entity_type"},
    {"identity_provider", "id, enabled, description, domain_id, authorization_ttl"},
    {"idp_remote_ids", "idp_id, remote_id"},
    {"implied_role", "prior_role_id, implied_role_id"},
    {"limit", "id, project_id, resource_limit, description, registered_limit_id, domain_id"},
    {"local_user", "id, user_id, domain_id, name, failed_auth_count, failed_auth_at"},
    {"mapping", "id, rules"},
    {"nonlocal_user", "domain_id, name, user_id"},
    {"password", "id, local_user_id, password_hash, created_at_int, expires_at_int, self_service"},
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
    {"sensitive_config", "domain_id, `group`, option, value"},
    {"service", "id, type, enabled, extra"},
    {"service_provider", "id, auth_url, sp_url, enabled, description, relay_state_prefix"},
    {"system_assignment", "type, actor_id, target_id, role_id, inherited"},
    {"trust",
     "id, trustor_user_id, trustee_user_id, project_id, impersonation, deleted_at, expires_at, "
     "remaining_uses, extra, expires_at_int, redelegated_trust_id, redelegation_count"},
    {"trust_role", "trust_id, role_id"},
    {"user", "id, extra, enabled, default_project_id, created_at, domain_id, last_active_at"},
    {"user_group_membership", "user_id, group_id"},
    {"user_option", "user_id, option_id, option_value"},
    {"whitelisted_config", "domain_id, `group`, option, value"}};

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
                    " '2020-01-02 03:04:05.000006', 'default', '2021-03-04');"
                    "INSERT INTO local_user VALUES (7, 'u1', 'default', 'alice', 0, NULL);"
                    "INSERT INTO password VALUES (1, 7, 'old', 1000, 2000, 1),"
                    " (2, 7, '{}', 3000, NULL, 0)",
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
  sql("INSERT INTO `user` VALUES ('u2', '{}', 1, NULL, NULL, 'default', NULL);"
      "INSERT INTO user_group_membership VALUES ('u2', 'g1');"
      "CREATE TABLE request_token (id); INSERT INTO request_token VALUES (1), (2);"
      "ALTER TABLE role ADD COLUMN weight");
  const auto told = adopt_all();
  EXPECT_EQ(told.at("users").left, (Left{{"without a name", 1}}));
  EXPECT_EQ(told.at("group members").left, (Left{{"its user is not here", 1}}));
  EXPECT_EQ(told.at("request_token").left, (Left{{"a table that is not carried", 2}}));
  EXPECT_EQ(told.at("role.weight").left, (Left{{"a column not known here", 1}}));
}

TEST_F(AdoptTest, FormerPasswordsCount) {
  adopt_all();
  EXPECT_EQ(text("SELECT password_hash || ' ' || created_at || ' ' || expires_at || ' ' || "
                 "self_service FROM former_passwords WHERE user_id = 'u1'"),
            "old 1000 2000 1");
  EXPECT_EQ(text("SELECT password_self_service || ' ' || last_active_at FROM users "
                 "WHERE id = 'u1'"),
            "0 1614816000000000");
  EXPECT_EQ(adopt_all().at("former passwords").unchanged, 1);
  ASSERT_NE(identity.login("alice", "secret", project_scope("p1")), "");
  EXPECT_EQ(adopt_all().at("users").unchanged, 1) << "the day of the last login is the later one";
}

TEST_F(AdoptTest, PeopleOfADirectoryKeepIdsAndRoles) {
  sql("INSERT INTO project VALUES ('d2', 'far', '{}', '', 1, '<<keystone.domain.root>>', NULL, 1);"
      "INSERT INTO whitelisted_config VALUES ('d2', 'ldap', 'url', '\"ldap://far\"');"
      "INSERT INTO sensitive_config VALUES ('d2', 'ldap', 'password', '\"secret\"');"
      "INSERT INTO id_mapping VALUES ('seen', 'd2', 'carol', 'user'), "
      "('unseen', 'd2', 'dave', 'user'), ('crew', 'd2', 'crew', 'group');"
      "INSERT INTO `user` VALUES ('seen', '{}', 1, NULL, NULL, 'd2', NULL);"
      "INSERT INTO nonlocal_user VALUES ('d2', 'carol', 'seen');"
      "INSERT INTO assignment VALUES ('UserProject', 'unseen', 'p1', 'r1', 0), "
      "('GroupProject', 'crew', 'p1', 'r1', 0), ('GroupProject', 'none', 'p1', 'r1', 0)");
  const auto told = adopt_all();
  EXPECT_EQ(told.at("role assignments").left, (Left{{"its group is not here", 1}}));
  EXPECT_EQ(text("SELECT name FROM users WHERE id = 'seen'"), "carol");
  EXPECT_EQ(text("SELECT local_id FROM id_mapping WHERE public_id = 'unseen'"), "dave");
  EXPECT_EQ(text("SELECT count(*) FROM role_assignments WHERE actor_id IN ('unseen', 'crew')"),
            "2");
  EXPECT_EQ(text("SELECT group_concat(option || '=' || value || sensitive, ' ') FROM "
                 "(SELECT * FROM domain_config WHERE domain_id = 'd2' ORDER BY option)"),
            "password=\"secret\"1 url=\"ldap://far\"0");
}

TEST_F(AdoptTest, PeopleOfAProviderAreTheSameAfterwards) {
  sql("INSERT INTO identity_provider VALUES ('idp', 1, 'd', 'default', 60);"
      "INSERT INTO idp_remote_ids VALUES ('idp', 'https://b'), ('idp', 'https://a');"
      "INSERT INTO mapping VALUES ('m', '\"[{\\\"local\\\": []}]\"'), ('bad', 'x');"
      "INSERT INTO federation_protocol VALUES ('openid', 'idp', 'm', NULL);"
      "INSERT INTO service_provider VALUES ('sp', 'https://sp/v3', 'https://sp/e', 1, NULL, 'ss:');"
      "INSERT INTO `user` VALUES ('f1', '{}', 1, NULL, NULL, 'default', NULL), "
      "('f2', '{}', 1, NULL, NULL, 'default', NULL);"
      "INSERT INTO federated_user VALUES (1, 'f1', 'idp', 'openid', 'u-1', 'alice'), "
      "(2, 'f2', 'idp', 'openid', 'u-2', NULL);"
      "INSERT INTO `group` VALUES ('g', 'default', 'g', '', '{}');"
      "INSERT INTO expiring_user_group_membership VALUES ('f1', 'g', 'idp', '2021-03-04 "
      "05:06:07')");
  const auto told = adopt_all();
  EXPECT_EQ(told.at("mappings").left, (Left{{"its rules are no list", 1}}));
  EXPECT_EQ(text("SELECT remote_ids FROM identity_providers"), "[\"https://a\",\"https://b\"]");
  EXPECT_EQ(text("SELECT rules || schema_version FROM mappings WHERE id = 'm'"),
            "[{\"local\":[]}]1.0");
  EXPECT_EQ(text("SELECT name FROM users WHERE id = 'f1'"), "alice f1");
  EXPECT_EQ(text("SELECT name FROM users WHERE id = 'f2'"), "u-2");
  EXPECT_EQ(text("SELECT user_id FROM federated_users WHERE unique_id = 'u-1'"), "f1");
  EXPECT_EQ(text("SELECT expires_at FROM expiring_group_members WHERE user_id = 'f1'"),
            "1614837967000000");
  EXPECT_EQ(identity.get("/OS-FEDERATION/service_providers/sp").status, 200);
  EXPECT_EQ(adopt_all().at("federated users").unchanged, 2);
}

TEST_F(AdoptTest, ConsumersKeepTheirAccess) {
  sql("INSERT INTO consumer VALUES ('c', 'd', 's', '{}');"
      "INSERT INTO access_token VALUES ('a', 't', 'c', 'p1', '2021-03-04T05:06:07.000000Z', 'u1', "
      "'[\"r1\"]'), ('b', 't', 'c', 'p1', NULL, 'u1', '[]'), "
      "('x', 't', 'gone', 'p1', NULL, 'u1', '[]')");
  const auto told = adopt_all();
  EXPECT_EQ(told.at("OAuth access tokens").fresh, 2);
  EXPECT_EQ(told.at("OAuth access tokens").left, (Left{{"its consumer is not here", 1}}));
  EXPECT_EQ(text("SELECT expires_at FROM oauth_access_tokens WHERE id = 'a'"), "1614834367000000");
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
