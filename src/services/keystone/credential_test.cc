#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

TEST(Credential, IsKeptEncryptedAndShownToItsOwner) {
  TestIdentity identity;
  const auto demo_id = identity.user_id("demo");
  const auto demo = identity.login("demo", "demo", project_scope(identity.project_id("demo")));
  const auto made = identity.as(
      demo, "POST", "/credentials",
      fmt::format(R"({{"credential":{{"type":"cert","blob":"very secret","user_id":"{}"}}}})",
                  demo_id));
  ASSERT_EQ(made.status, 201) << made.body;
  const auto path = "/credentials/" + made.text({"credential", "id"});
  EXPECT_EQ(identity.as(demo, "GET", path).text({"credential", "blob"}), "very secret");
  const auto stored = identity.cloud.db().read([](db::Session& session) {
    return session.text("SELECT encrypted_blob FROM credentials").value_or("");
  });
  EXPECT_EQ(stored.find("secret"), std::string::npos);
  EXPECT_EQ(identity.as(demo, "PATCH", path, R"({"credential":{"blob":"other"}})")
                .text({"credential", "blob"}),
            "other");
  const auto foreign =
      identity.as(demo, "POST", "/credentials",
                  fmt::format(R"({{"credential":{{"type":"cert","blob":"x","user_id":"{}"}}}})",
                              identity.user_id("admin")));
  EXPECT_EQ(foreign.status, 403);
  EXPECT_EQ(
      identity
          .as(demo, "PATCH", path,
              fmt::format(R"({{"credential":{{"user_id":"{}"}}}})", identity.user_id("admin")))
          .status,
      403);
  identity.post("/credentials",
                fmt::format(R"({{"credential":{{"type":"cert","blob":"y","user_id":"{}"}}}})",
                            identity.user_id("admin")));
  EXPECT_EQ(identity.as(demo, "GET", "/credentials").json.at({"credentials"})->array()->size(), 1u);
  EXPECT_EQ(identity.get("/credentials").json.at({"credentials"})->array()->size(), 2u);
  EXPECT_EQ(identity.as(demo, "DELETE", path).status, 204);
  EXPECT_EQ(identity.get(path).status, 404);
}

TEST(Credential, ForEc2IsNamedByItsAccessKey) {
  TestIdentity identity;
  const auto make = [&](const char* blob, const char* more) {
    return identity.post(
        "/credentials",
        fmt::format(R"({{"credential":{{"type":"ec2","blob":{},"user_id":"{}"{}}}}})", blob,
                    identity.user_id("admin"), more));
  };
  EXPECT_EQ(make(R"("{\"access\":\"a\",\"secret\":\"s\"}")", "").status, 400);
  EXPECT_EQ(make(R"("not json")", R"(,"project_id":"p")").status, 400);
  EXPECT_EQ(make(R"("{\"secret\":\"s\"}")", R"(,"project_id":"p")").status, 400);
  const auto made = make(R"("{\"access\":\"a\",\"secret\":\"s\"}")", R"(,"project_id":"p")");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.text({"credential", "id"}),
            "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
  EXPECT_EQ(make(R"("{\"access\":\"a\"}")", R"(,"project_id":"p")").status, 409);
}

// An application credential of demo; answers its JSON.
resource::Answer make_app_cred(TestIdentity& identity, const std::string& token, const char* more) {
  return identity.as(token, "POST",
                     "/users/" + identity.user_id("demo") + "/application_credentials",
                     fmt::format(R"({{"application_credential":{{"name":"robot"{}}}}})", more));
}

std::string login_with(TestIdentity& identity, const std::string& id, const std::string& secret) {
  const auto answer = identity.authenticate(fmt::format(
      R"({{"auth":{{"identity":{{"methods":["application_credential"],"application_credential":)"
      R"({{"id":"{}","secret":"{}"}}}}}}}})",
      id, secret));
  return answer.status == 201 ? std::string(answer.headers.get("X-Subject-Token")) : "";
}

TEST(ApplicationCredential, LogsInWithItsRolesOnly) {
  TestIdentity identity;
  const auto demo = identity.login("demo", "demo", project_scope(identity.project_id("demo")));
  const auto made = make_app_cred(identity, demo, R"(,"roles":[{"name":"reader"}])");
  ASSERT_EQ(made.status, 201) << made.body;
  const auto id = made.text({"application_credential", "id"});
  const auto secret = made.text({"application_credential", "secret"});
  EXPECT_EQ(secret.size(), 86u);
  const auto token = login_with(identity, id, secret);
  const auto shown = identity.inspect(token);
  ASSERT_EQ(shown.status, 200) << shown.body;
  EXPECT_EQ(shown.json.at({"token", "roles"})->array()->size(), 1u);
  EXPECT_EQ(shown.text({"token", "project", "id"}), identity.project_id("demo"));
  EXPECT_TRUE(*shown.json.at({"token", "application_credential", "restricted"})->boolean());
  EXPECT_EQ(login_with(identity, id, "wrong"), "");
  EXPECT_EQ(login_with(identity, "none", secret), "");
  const auto path = "/users/" + identity.user_id("demo") + "/application_credentials";
  EXPECT_EQ(identity.as(demo, "GET", path + "/" + id).text({"application_credential", "secret"}),
            "");
  EXPECT_EQ(make_app_cred(identity, demo, "").status, 409);
  EXPECT_EQ(make_app_cred(identity, token, "").status, 403);  // restricted
  EXPECT_EQ(identity.as(demo, "DELETE", path + "/" + id).status, 204);
  EXPECT_EQ(identity.keystone.authenticate(token), nullptr);
  EXPECT_EQ(identity.as(demo, "GET", path + "/" + id).status, 404);
}

TEST(ApplicationCredential, IsFoundByNameAndOwner) {
  TestIdentity identity;
  const auto demo = identity.login("demo", "demo", project_scope(identity.project_id("demo")));
  make_app_cred(identity, demo, R"(,"secret":"mine","unrestricted":true)");
  const auto answer = identity.authenticate(
      R"({"auth":{"identity":{"methods":["application_credential"],"application_credential":)"
      R"({"name":"robot","secret":"mine","user":{"name":"demo","domain":{"id":"default"}}}}}})");
  ASSERT_EQ(answer.status, 201) << answer.body;
  const std::string token(answer.headers.get("X-Subject-Token"));
  const auto second =
      identity.as(token, "POST", "/users/" + identity.user_id("demo") + "/application_credentials",
                  R"({"application_credential":{"name":"second"}})");
  EXPECT_EQ(second.status, 201);
}

TEST(ApplicationCredential, EndsWithItsUserItsRolesAndItsTime) {
  TestIdentity identity;
  const auto project = identity.project_id("demo");
  const auto demo = identity.login("demo", "demo", project_scope(project));
  const auto soon = iso_micros(identity.cloud.clock().now() + std::chrono::minutes(10));
  const auto made =
      make_app_cred(identity, demo, fmt::format(R"(,"expires_at":"{}")", soon).c_str());
  ASSERT_EQ(made.status, 201) << made.body;
  const auto id = made.text({"application_credential", "id"});
  const auto secret = made.text({"application_credential", "secret"});
  const auto token = login_with(identity, id, secret);
  EXPECT_EQ(identity.inspect(token).text({"token", "expires_at"}), soon);
  const auto grant = fmt::format("/projects/{}/users/{}/roles/{}", project,
                                 identity.user_id("demo"), identity.role_id("member"));
  identity.remove(grant);
  EXPECT_EQ(identity.keystone.authenticate(token), nullptr);
  identity.put(grant);
  identity.cloud.clock().advance(std::chrono::minutes(11));
  EXPECT_EQ(login_with(identity, id, secret), "");
}

TEST(ApplicationCredential, RefusesBadInput) {
  TestIdentity identity;
  const auto demo = identity.login("demo", "demo", project_scope(identity.project_id("demo")));
  for (const char* more :
       {R"(,"roles":5)", R"(,"roles":[5])", R"(,"roles":[{}])", R"(,"roles":[{"name":"admin"}])",
        R"(,"expires_at":"soon")", R"(,"expires_at":"2001-01-01T00:00:00Z")",
        R"(,"unrestricted":"x")", R"(,"access_rules":[{"method":"STEAL"}])",
        R"(,"access_rules":[{"path":"relative"}])"}) {
    EXPECT_EQ(make_app_cred(identity, demo, more).status, 400) << more;
  }
  EXPECT_EQ(make_app_cred(identity, demo, R"(,"roles":[{"name":"none"}])").status, 404);
  EXPECT_EQ(identity
                .post("/users/" + identity.user_id("demo") + "/application_credentials",
                      R"({"application_credential":{"name":"x"}})")
                .status,
            403);
}

TEST(AccessRule, IsSharedAndKeptWhileInUse) {
  TestIdentity identity;
  const auto demo = identity.login("demo", "demo", project_scope(identity.project_id("demo")));
  const auto made = make_app_cred(identity, demo,
                                  R"(,"access_rules":[{"service":"compute",)"
                                  R"("path":"/v2.1/servers","method":"GET"}])");
  ASSERT_EQ(made.status, 201) << made.body;
  const auto base = "/users/" + identity.user_id("demo");
  const auto rules = identity.as(demo, "GET", base + "/access_rules");
  ASSERT_EQ(rules.json.at({"access_rules"})->array()->size(), 1u);
  const auto id = *rules.json.at({"access_rules"})->array()->front().at({"id"})->text();
  EXPECT_EQ(identity.as(demo, "GET", base + "/access_rules/" + id).status, 200);
  EXPECT_EQ(identity.as(demo, "DELETE", base + "/access_rules/" + id).status, 403);
  const auto cred = made.text({"application_credential", "id"});
  const auto token = login_with(identity, cred, made.text({"application_credential", "secret"}));
  EXPECT_EQ(identity.inspect(token).status, 404);  // only who knows of rules may use it
  const auto shown =
      identity.as(identity.admin, "GET", "/auth/tokens", "",
                  {{"X-Subject-Token", token}, {"OpenStack-Identity-Access-Rules", "1.0"}});
  EXPECT_EQ(shown.status, 200);
  identity.as(demo, "DELETE", base + "/application_credentials/" + cred);
  EXPECT_EQ(identity.as(demo, "DELETE", base + "/access_rules/" + id).status, 204);
}

}  // namespace
}  // namespace haneul::keystone
