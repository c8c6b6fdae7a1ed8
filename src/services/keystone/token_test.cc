#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

TEST(Token, CarriesScopeRolesAndCatalog) {
  TestIdentity identity;
  const auto shown = identity.inspect(identity.admin);
  ASSERT_EQ(shown.status, 200) << shown.body;
  EXPECT_EQ(shown.text({"token", "user", "name"}), "admin");
  EXPECT_EQ(shown.text({"token", "user", "domain", "id"}), "default");
  EXPECT_EQ(shown.text({"token", "project", "name"}), "admin");
  EXPECT_EQ(shown.text({"token", "project", "domain", "name"}), "Default");
  EXPECT_EQ(shown.headers.get("X-Subject-Token"), identity.admin);
  EXPECT_EQ(shown.headers.get("Vary"), "X-Auth-Token");
  const auto* roles = shown.json.at({"token", "roles"});
  ASSERT_TRUE(roles && roles->array());
  EXPECT_EQ(roles->array()->size(), 4u);  // admin and what it implies
  const auto* catalog = shown.json.at({"token", "catalog"});
  ASSERT_TRUE(catalog && catalog->array());
  EXPECT_EQ(catalog->array()->size(), 2u);
  EXPECT_NE(shown.body.find("/volume/v3/" + identity.project_id("admin")), std::string::npos);
}

TEST(Token, LeavesOutTheCatalogWhenAsked) {
  TestIdentity identity;
  EXPECT_EQ(identity.inspect(identity.admin, "?nocatalog").json.at({"token", "catalog"}), nullptr);
}

TEST(Token, IsTheSameOnBothMounts) {
  TestIdentity identity;
  const auto answer = identity.cloud.request("GET", "/v3/auth/tokens", identity.admin, "",
                                             {{"X-Subject-Token", identity.admin}});
  EXPECT_EQ(answer.status, 200);
}

TEST(Token, OfWrongPasswordOrUnknownUserIsRefusedInTheSameWords) {
  TestIdentity identity;
  const auto body = [](const char* name) {
    return fmt::format(R"({{"auth":{{"identity":{{"methods":["password"],"password":{{"user":)"
                       R"({{"name":"{}","password":"no","domain":{{"id":"default"}}}}}}}}}}}})",
                       name);
  };
  const auto wrong = identity.authenticate(body("admin"));
  const auto unknown = identity.authenticate(body("nobody"));
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.body, unknown.body);
  EXPECT_EQ(wrong.text({"error", "message"}), "The request you have made requires authentication.");
  EXPECT_EQ(wrong.text({"error", "title"}), "Unauthorized");
  EXPECT_EQ(wrong.headers.get("WWW-Authenticate"),
            "Keystone uri=\"http://cloud.test:5000/identity/v3\"");
}

TEST(Token, ScopesToSystemDomainAndNothing) {
  TestIdentity identity;
  const auto system = identity.login("admin", "secret", R"({"system":{"all":true}})");
  const auto domain = identity.login("admin", "secret", R"({"domain":{"id":"default"}})");
  const auto unscoped = identity.login("admin", "secret", R"("unscoped")");
  EXPECT_NE(identity.inspect(system).json.at({"token", "system", "all"}), nullptr);
  EXPECT_EQ(identity.inspect(domain).text({"token", "domain", "name"}), "Default");
  const auto shown = identity.inspect(unscoped);
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ(shown.json.at({"token", "roles"}), nullptr);
  EXPECT_EQ(shown.json.at({"token", "catalog"}), nullptr);
  EXPECT_EQ(identity.login("demo", "demo", R"({"system":{"all":true}})"), "");
}

TEST(Token, FindsProjectsByNameAndDomain) {
  TestIdentity identity;
  EXPECT_NE(
      identity.login("demo", "demo", R"({"project":{"name":"demo","domain":{"name":"Default"}}})"),
      "");
  EXPECT_EQ(
      identity.login("demo", "demo", R"({"project":{"name":"admin","domain":{"name":"Default"}}})"),
      "");
  EXPECT_EQ(
      identity.login("demo", "demo", R"({"project":{"name":"none","domain":{"name":"Default"}}})"),
      "");
}

TEST(Token, TakesTheDefaultProjectWhenNoScopeIsGiven) {
  TestIdentity identity;
  const auto project = identity.project_id("demo");
  identity.patch("/users/" + identity.user_id("demo"),
                 fmt::format(R"({{"user":{{"default_project_id":"{}"}}}})", project));
  EXPECT_EQ(identity.inspect(identity.login("demo", "demo")).text({"token", "project", "id"}),
            project);
}

TEST(Token, ExpiresAndCanBeShownForAWhileAfter) {
  TestIdentity identity;
  const auto demo = identity.login("demo", "demo");
  identity.cloud.clock().advance(std::chrono::minutes(59));
  EXPECT_EQ(identity.inspect(demo).status, 200);
  identity.admin = identity.login("admin", "secret", project_scope(identity.project_id("admin")));
  identity.cloud.clock().advance(std::chrono::minutes(2));
  EXPECT_EQ(identity.inspect(demo).status, 404);
  EXPECT_EQ(identity.keystone.authenticate(demo), nullptr);
  EXPECT_EQ(identity.inspect(demo, "?allow_expired=1").status, 200);
}

TEST(Token, IsVoidAtOnceWhenRevoked) {
  TestIdentity identity;
  const auto one = identity.login("demo", "demo"), other = identity.login("demo", "demo");
  ASSERT_EQ(identity.inspect(one).status, 200);
  EXPECT_EQ(identity.as(one, "DELETE", "/auth/tokens", "", {{"X-Subject-Token", one}}).status, 204);
  EXPECT_EQ(identity.keystone.authenticate(one), nullptr);
  EXPECT_EQ(identity.keystone.authenticate(one + "=="), nullptr);
  EXPECT_EQ(identity.inspect(one).status, 404);
  EXPECT_EQ(identity.inspect(other).status, 200);
}

TEST(Token, StaysVoidAfterARestart) {
  TestIdentity identity;
  const auto demo = identity.login("demo", "demo");
  identity.as(demo, "DELETE", "/auth/tokens", "", {{"X-Subject-Token", demo}});
  Keystone second(identity.cloud.world(),
                  {.key_directory = identity.directory.path(), .bcrypt_cost = 4});
  second.start();
  EXPECT_EQ(second.authenticate(demo), nullptr);
  EXPECT_NE(second.authenticate(identity.admin), nullptr);
}

TEST(Token, IsVoidWhenItsUserIsDisabledDeletedOrHasANewPassword) {
  TestIdentity identity;
  for (const char* how : {"disable", "delete", "password"}) {
    const auto id = identity.user(how, "first");
    const auto token = identity.login(how, "first");
    ASSERT_NE(identity.keystone.authenticate(token), nullptr);
    const std::string path = "/users/" + id;
    if (how == std::string("disable")) identity.patch(path, R"({"user":{"enabled":false}})");
    if (how == std::string("delete")) identity.remove(path);
    if (how == std::string("password")) identity.patch(path, R"({"user":{"password":"second"}})");
    EXPECT_EQ(identity.keystone.authenticate(token), nullptr) << how;
    EXPECT_EQ(identity.inspect(token).status, 404) << how;
    EXPECT_EQ(identity.login(how, "first"), "") << how;
  }
  // In the same second a new token must be good nevertheless.
  EXPECT_NE(identity.keystone.authenticate(identity.login("password", "second")), nullptr);
}

TEST(Token, IsVoidWithItsProjectOrDomain) {
  TestIdentity identity;
  const auto demo = identity.login("demo", "demo", project_scope(identity.project_id("demo")));
  const std::string path = "/projects/" + identity.project_id("demo");
  ASSERT_NE(identity.keystone.authenticate(demo), nullptr);
  EXPECT_EQ(identity.patch(path, R"({"project":{"enabled":false}})").status, 200);
  EXPECT_EQ(identity.keystone.authenticate(demo), nullptr);
  identity.patch(path, R"({"project":{"enabled":true}})");
  EXPECT_NE(identity.keystone.authenticate(demo), nullptr);
  EXPECT_EQ(identity.remove(path).status, 204);
  EXPECT_EQ(identity.keystone.authenticate(demo), nullptr);
}

TEST(Token, CanBeTradedForAnotherScope) {
  TestIdentity identity;
  const auto first = identity.login("admin", "secret", R"("unscoped")");
  const auto trade = [&](const std::string& token, const std::string& scope) {
    return identity.authenticate(fmt::format(
        R"({{"auth":{{"identity":{{"methods":["token"],"token":{{"id":"{}"}}}},"scope":{}}}}})",
        token, scope));
  };
  const auto traded = trade(first, project_scope(identity.project_id("admin")));
  ASSERT_EQ(traded.status, 201) << traded.body;
  const auto* methods = traded.json.at({"token", "methods"});
  EXPECT_EQ(methods->array()->size(), 2u);
  const auto* audit = traded.json.at({"token", "audit_ids"});
  EXPECT_EQ(audit->array()->size(), 2u);
  EXPECT_EQ(traded.text({"token", "expires_at"}),
            identity.inspect(first).text({"token", "expires_at"}));
  const auto system = identity.login("admin", "secret", R"({"system":{"all":true}})");
  EXPECT_EQ(trade(system, project_scope(identity.project_id("admin"))).status, 403);
  EXPECT_EQ(trade("gAAAAAnonsense", "\"unscoped\"").status, 404);
}

TEST(Token, OfOthersIsForAdminsOnly) {
  TestIdentity identity;
  const auto demo = identity.login("demo", "demo", project_scope(identity.project_id("demo")));
  EXPECT_EQ(
      identity.as(demo, "GET", "/auth/tokens", "", {{"X-Subject-Token", identity.admin}}).status,
      403);
  EXPECT_EQ(identity.as(demo, "GET", "/auth/tokens", "", {{"X-Subject-Token", demo}}).status, 200);
  EXPECT_EQ(identity.as("", "GET", "/auth/tokens", "", {{"X-Subject-Token", demo}}).status, 401);
  EXPECT_EQ(identity.as(demo, "GET", "/auth/tokens").status, 404);
}

TEST(Token, RequestsThatAreWrongAreRefusedPolitely) {
  TestIdentity identity;
  for (const char* body :
       {"", "x", "[]", "{}", R"({"auth":null})", R"({"auth":5})", R"({"auth":{}})",
        R"({"auth":{"identity":{}}})", R"({"auth":{"identity":{"methods":"password"}}})",
        R"({"auth":{"identity":{"methods":[5]}}})",
        R"({"auth":{"identity":{"methods":["password"]}}})",
        R"({"auth":{"identity":{"methods":["password"],"password":{}}}})",
        R"({"auth":{"identity":{"methods":["password"],"password":{"user":{}}}}})",
        R"({"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"admin"}}}}})",
        R"({"auth":{"identity":{"methods":["password"],"password":{"user":{"id":5}}}}})",
        R"({"auth":{"identity":{"methods":["token"],"token":{}}}})",
        R"({"auth":{"identity":{"methods":[]},"scope":{}}})",
        R"({"auth":{"identity":{"methods":[]},"scope":{"project":{}}}})",
        R"({"auth":{"identity":{"methods":[]},"scope":{"project":{"id":"a"},"system":{}}}})"}) {
    EXPECT_EQ(identity.authenticate(body).status, 400) << body;
  }
  for (const char* body : {R"({"auth":{"identity":{"methods":[]}}})",
                           R"({"auth":{"identity":{"methods":["magic"],"magic":{}}}})"}) {
    EXPECT_EQ(identity.authenticate(body).status, 401) << body;
  }
}

TEST(Authenticator, TellsOtherServicesWhoCalls) {
  TestIdentity identity;
  const auto caller = identity.keystone.authenticate(identity.admin);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->user_name, "admin");
  EXPECT_EQ(caller->project_id.text, identity.project_id("admin"));
  EXPECT_EQ(caller->roles, (std::vector<std::string>{"admin", "manager", "member", "reader"}));
  EXPECT_EQ(caller->scope(), access::Scope::project);
  EXPECT_EQ(identity.keystone.authenticate("nonsense"), nullptr);
  EXPECT_EQ(identity.keystone.authenticate(""), nullptr);
}

TEST(Bootstrap, CanBeRepeatedAndMovesUrls) {
  TestIdentity identity;
  Bootstrap again{.admin_password = "other", .demo_password = "other"};
  again.catalog = {{"keystone", "identity", "", "http://moved.test/identity"}};
  identity.keystone.bootstrap(again);
  EXPECT_NE(identity.login("admin", "secret"), "");
  const auto shown = identity.inspect(identity.admin);
  EXPECT_NE(shown.body.find("http://moved.test/identity"), std::string::npos);
  EXPECT_EQ(shown.body.find("http://cloud.test/identity"), std::string::npos);
}

TEST(Discovery, ListsVersions) {
  TestIdentity identity;
  const auto all = identity.cloud.request("GET", "/identity/", "");
  EXPECT_EQ(all.status, 300);
  EXPECT_EQ(all.headers.get("Location"), "http://cloud.test:5000/identity/v3/");
  const auto v3 = identity.cloud.request("GET", "/identity/v3/", "");
  EXPECT_EQ(v3.status, 200);
  EXPECT_EQ(v3.text({"version", "id"}), "v3.14");
  EXPECT_EQ(identity.cloud.request("GET", "/", "").status, 300);
}

}  // namespace
}  // namespace haneul::keystone
