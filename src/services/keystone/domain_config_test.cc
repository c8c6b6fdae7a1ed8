#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/keystone/logic/domain_config_rules.h"
#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

class DomainConfigTest : public ::testing::Test {
 protected:
  DomainConfigTest() {
    domain = identity.post("/domains", R"({"domain":{"name":"far"}})").text({"domain", "id"});
    path = "/domains/" + domain + "/config";
  }
  static std::string message(const TestIdentity::Answer& answer) {
    return answer.text({"error", "message"});
  }
  static constexpr const char* kWhole =
      R"({"config":{"ldap":{"url":"ldap://x","password":"hush"},"identity":{"driver":"ldap"}}})";

  TestIdentity identity;
  std::string domain, path;
};

TEST_F(DomainConfigTest, IsReplacedShownAndTakenAway) {
  const auto made = identity.put(path, kWhole);
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.text({"config", "ldap", "url"}), "ldap://x");
  EXPECT_EQ(made.body.find("hush"), std::string::npos);
  EXPECT_EQ(identity.put(path, kWhole).status, 200);
  EXPECT_EQ(identity.get(path).text({"config", "identity", "driver"}), "ldap");
  EXPECT_EQ(identity.get(path + "/ldap").text({"config", "ldap", "url"}), "ldap://x");
  EXPECT_EQ(identity.get(path + "/ldap/url").text({"config", "url"}), "ldap://x");
  EXPECT_EQ(identity.get(path + "/ldap/password").status, 404);
  EXPECT_EQ(identity.request("HEAD", path).status, 200);
  EXPECT_EQ(identity.remove(path + "/ldap/url").status, 204);
  EXPECT_EQ(identity.remove(path + "/ldap/url").status, 404);
  EXPECT_EQ(identity.remove(path + "/ldap/password").status, 204);
  EXPECT_EQ(identity.remove(path).status, 204);
  EXPECT_EQ(message(identity.get(path)),
            "Could not find any options in domain configuration for domain " + domain + ".");
  EXPECT_EQ(identity.remove(path).status, 204);
}

TEST_F(DomainConfigTest, ChangesWhatIsThere) {
  identity.put(path, kWhole);
  auto answer = identity.patch(path, R"({"config":{"ldap":{"suffix":"dc=x"}}})");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.text({"config", "ldap", "suffix"}), "dc=x");
  EXPECT_EQ(answer.text({"config", "ldap", "url"}), "ldap://x");
  answer = identity.patch(path + "/ldap/url", R"({"config":{"url":"ldap://y"}})");
  EXPECT_EQ(answer.text({"config", "ldap", "url"}), "ldap://y");
  answer = identity.patch(path + "/ldap/user", R"({"config":{"user":"u"}})");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(message(answer),
            "Could not find option user in group ldap in domain configuration for "
            "domain " +
                domain + ".");
  answer = identity.patch(path + "/ldap/url", R"({"config":{"user":"u"}})");
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(message(answer),
            "Invalid domain specific configuration: Trying to update option url in group ldap, but "
            "config provided contains option user instead.");
  answer = identity.patch(path + "/ldap", R"({"config":{"identity":{"driver":"sql"}}})");
  EXPECT_EQ(message(answer),
            "Invalid domain specific configuration: request to update group ldap, but config "
            "provided contains group identity instead.");
}

TEST_F(DomainConfigTest, RefusesWhatUpstreamRefuses) {
  const auto refused = [&](const char* body) {
    const auto answer = identity.put(path, body);
    EXPECT_EQ(answer.status, 403) << body << answer.body;
    return message(answer);
  };
  EXPECT_EQ(refused(R"({"config":{}})"),
            "Invalid domain specific configuration: No options specified.");
  EXPECT_EQ(
      refused(R"({"config":{"ldap":3}})"),
      "Invalid domain specific configuration: The value of group ldap specified in the config "
      "should be a dictionary of options.");
  EXPECT_EQ(refused(R"({"config":{"token":{"x":1}}})"),
            "Invalid domain specific configuration: Group token is not supported for domain "
            "specific configurations.");
  EXPECT_EQ(refused(R"({"config":{"ldap":{"group_ad_nesting":true}}})"),
            "Invalid domain specific configuration: Option group_ad_nesting in group ldap is not "
            "supported for domain specific configurations.");
  EXPECT_EQ(identity.put(path, R"({"config":[1]})").status, 400);
  EXPECT_EQ(identity.put("/domains/none/config", kWhole).status, 404);
  EXPECT_EQ(identity.get(path + "/nova").status, 403);
  const auto demo = identity.login("demo", "demo", project_scope(identity.project_id("demo")));
  EXPECT_EQ(identity.as(demo, "GET", path).status, 403);
  EXPECT_EQ(identity.as(demo, "PUT", path, kWhole).status, 403);
}

TEST_F(DomainConfigTest, TellsDefaults) {
  const auto all = identity.get("/domains/config/default");
  EXPECT_EQ(all.text({"config", "identity", "driver"}), "sql");
  EXPECT_EQ(all.text({"config", "ldap", "user_objectclass"}), "inetOrgPerson");
  EXPECT_TRUE(all.json.at({"config", "ldap", "user"})->is_null());
  EXPECT_EQ(*all.json.at({"config", "ldap", "page_size"})->integer(), 0);
  EXPECT_EQ(*all.json.at({"config", "ldap", "use_tls"})->boolean(), false);
  EXPECT_EQ(all.json.at({"config", "ldap", "password"}), nullptr);
  EXPECT_EQ(all.json.at({"config", "ldap", "user_attribute_ignore"})->array()->size(), 1u);
  EXPECT_EQ(identity.get("/domains/config/ldap/default").text({"config", "ldap", "url"}),
            "ldap://localhost");
  EXPECT_EQ(identity.get("/domains/config/ldap/url/default").text({"config", "url"}),
            "ldap://localhost");
  EXPECT_EQ(message(identity.get("/domains/config/ldap/password/default")),
            "Invalid domain specific configuration: Reading the default for option password in "
            "group ldap is not supported.");
}

TEST_F(DomainConfigTest, TellsEverybodyTheRulesForPasswords) {
  const auto demo = identity.login("demo", "demo", project_scope(identity.project_id("demo")));
  const auto rules = identity.as(demo, "GET", "/domains/default/config/security_compliance");
  EXPECT_EQ(rules.status, 200) << rules.body;
  EXPECT_TRUE(rules.json.at({"config", "security_compliance", "password_regex"})->is_null());
  EXPECT_EQ(identity.get("/domains/default/config/security_compliance/lockout_duration").status,
            403);
  EXPECT_EQ(identity.get(path + "/security_compliance").status, 403);
  EXPECT_EQ(identity.patch(path + "/security_compliance", R"({"config":{"a":{"b":1}}})").status,
            403);
  EXPECT_EQ(identity.remove(path + "/security_compliance").status, 403);
}

TEST(ComplianceTest, IsWhatTheProgramWasTold) {
  Options options;
  options.compliance.password_regex = "^.{8,}$";
  TestIdentity identity(options);
  const auto rules = identity.get("/domains/default/config/security_compliance/password_regex");
  EXPECT_EQ(rules.text({"config", "password_regex"}), "^.{8,}$") << rules.body;
}

TEST_F(DomainConfigTest, GoesWithItsDomain) {
  identity.put(path, kWhole);
  identity.patch("/domains/" + domain, R"({"domain":{"enabled":false}})");
  EXPECT_EQ(identity.remove("/domains/" + domain).status, 204);
  const auto left = identity.cloud.db().read(
      [](db::Session& session) { return session.integer("SELECT COUNT(*) FROM domain_config"); });
  EXPECT_EQ(left, 0);
}

TEST(SubstitutionTest, PutsSecretsWhereTextsNameThem) {
  const json::Object secrets{{"password", "hush"}};
  EXPECT_EQ(substituted("ldap://u:%(password)s@x", secrets), "ldap://u:hush@x");
  EXPECT_EQ(substituted("100%% %(password)s", secrets), "100% hush");
  for (const char* left : {"%(other)s", "50%", "%(password", "%d"}) {
    EXPECT_EQ(substituted(left, secrets), left);
  }
}

}  // namespace
}  // namespace haneul::keystone
