#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

// The token of an application credential that may show a project, and no more.
class AccessRuleTest : public ::testing::Test {
 protected:
  AccessRuleTest() {
    const auto made = identity.post(
        "/users/" + identity.user_id("admin") + "/application_credentials",
        R"({"application_credential":{"name":"c","secret":"s","unrestricted":true,"access_rules":[)"
        R"({"service":"identity","method":"GET","path":"/v3/projects/{id}"},)"
        R"({"service":"compute","method":"GET","path":"/v3/**"}]}})");
    EXPECT_EQ(made.status, 201) << made.body;
    id = made.text({"application_credential", "id"});
    token = login();
  }
  std::string login() {
    return std::string(identity
                           .authenticate(fmt::format(
                               R"({{"auth":{{"identity":{{"methods":["application_credential"],)"
                               R"("application_credential":{{"id":"{}","secret":"s"}}}}}}}})",
                               id))
                           .headers.get("X-Subject-Token"));
  }
  int asked(const char* method, const std::string& path, const std::string& beside = {}) {
    std::vector<std::pair<std::string, std::string>> headers;
    if (!beside.empty()) headers.emplace_back("X-Service-Token", beside);
    return identity.as(token, method, path, "", std::move(headers)).status;
  }

  TestIdentity identity;
  std::string id, token;
};

TEST_F(AccessRuleTest, OnlyWhatTheRulesNameIsServed) {
  const auto project = "/projects/" + identity.project_id("admin");
  EXPECT_EQ(asked("GET", project), 200);
  EXPECT_EQ(asked("DELETE", project), 401);
  EXPECT_EQ(asked("GET", project + "/tags"), 401);
  EXPECT_EQ(asked("GET", "/projects"), 401);
  EXPECT_EQ(asked("GET", "/users"), 401);
  EXPECT_EQ(asked("GET", project + "?x=/v3/projects/y"), 200);
}

TEST_F(AccessRuleTest, ATokenIsAlwaysShown) {
  const auto shown =
      identity.as(token, "GET", "/auth/tokens", "",
                  {{"X-Subject-Token", token}, {"OpenStack-Identity-Access-Rules", "1.0"}});
  EXPECT_EQ(shown.status, 200) << shown.body;
  EXPECT_EQ(asked("DELETE", "/auth/tokens"), 401);
}

TEST_F(AccessRuleTest, ANewTokenOfItIsNoFreer) {
  const auto again = identity.authenticate(fmt::format(
      R"({{"auth":{{"identity":{{"methods":["token"],"token":{{"id":"{}"}}}}}}}})", token));
  ASSERT_EQ(again.status, 201) << again.body;
  token = std::string(again.headers.get("X-Subject-Token"));
  EXPECT_EQ(asked("GET", "/projects"), 401);
  EXPECT_EQ(asked("GET", "/projects/" + identity.project_id("admin")), 200);
}

TEST_F(AccessRuleTest, AServicesTokenBesideItOpens) {
  const auto serving = identity.user("serving", "p");
  const auto project = identity.project_id("service");
  identity.grant(serving, project, "service");
  EXPECT_EQ(asked("GET", "/projects", identity.login("serving", "p", project_scope(project))), 200);
  EXPECT_EQ(asked("GET", "/projects", identity.admin), 401);
  EXPECT_EQ(asked("GET", "/projects/" + identity.project_id("admin"), "nonsense"), 401);
  EXPECT_EQ(asked("GET", "/projects", token), 401);
}

}  // namespace
}  // namespace haneul::keystone
