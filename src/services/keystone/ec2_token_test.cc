#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "services/keystone/logic/aws_signature.h"
#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

// A member of a project with an EC2 credential, asked about by a service.
class Ec2TokenTest : public ::testing::Test {
 protected:
  Ec2TokenTest() {
    project = identity.project("work");
    user = identity.user("ec2er", "p");
    identity.grant(user, project, "member");
    token = identity.login("ec2er", "p", project_scope(project));
    const auto serving = identity.user("serving", "p");
    identity.grant(serving, identity.project_id("service"), "service");
    service = identity.login("serving", "p", project_scope(identity.project_id("service")));
  }

  TestIdentity::Answer make(const std::string& as) {
    return identity.as(as, "POST", path(), fmt::format(R"({{"tenant_id":"{}"}})", project));
  }
  std::string path() const { return "/users/" + user + "/credentials/OS-EC2"; }
  // Signed in version 2.
  TestIdentity::Answer ask(const TestIdentity::Answer& made, const std::string& as,
                           const char* timestamp = "2026-01-01T00:00:00Z",
                           const char* signed_host = "cloud:8773") {
    const auto access = made.text({"credential", "access"});
    AwsRequest request{.verb = "GET",
                       .host = signed_host,
                       .path = "/",
                       .body_hash = {},
                       .params = {{"SignatureVersion", "2"}, {"Timestamp", timestamp}},
                       .headers = {}};
    const auto signature = aws_signature(request, made.text({"credential", "secret"}));
    return identity.as(
        as, "POST", "/ec2tokens",
        fmt::format(R"({{"credentials":{{"access":"{}","signature":"{}","verb":"GET",)"
                    R"("host":"cloud:8773","path":"/","params":{{"SignatureVersion":"2",)"
                    R"("Timestamp":"{}"}}}}}})",
                    access, signature.value_or(""), timestamp));
  }
  TestIdentity::Answer ask_s3(const TestIdentity::Answer& made, const std::string& signature) {
    return identity.as(service, "POST", "/s3tokens",
                       fmt::format(R"({{"credentials":{{"access":"{}","signature":"{}",)"
                                   R"("token":"{}"}}}})",
                                   made.text({"credential", "access"}), signature,
                                   base64url_encode("GET\n\n\n\n/bucket/\xc3\xbf")));
  }

  TestIdentity identity;
  std::string project, user, token, service;
};

TEST_F(Ec2TokenTest, CredentialsAreMadeListedShownAndRemoved) {
  const auto made = make(token);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.text({"credential", "tenant_id"}), project);
  EXPECT_EQ(made.text({"credential", "user_id"}), user);
  const auto one = path() + "/" + made.text({"credential", "access"});
  EXPECT_EQ(identity.as(token, "GET", one).text({"credential", "secret"}),
            made.text({"credential", "secret"}));
  EXPECT_EQ(identity.as(token, "GET", path()).json.at({"credentials"})->array()->size(), 1u);
  EXPECT_EQ(identity.as(token, "GET", "/credentials").json.at({"credentials"})->array()->size(),
            1u);
  EXPECT_EQ(identity.as(service, "GET", one).status, 403);
  EXPECT_EQ(identity.as(service, "GET", path()).status, 403);
  EXPECT_EQ(make(service).status, 403);
  EXPECT_EQ(identity.as(token, "GET", path() + "/none").status, 404);
  EXPECT_EQ(identity.as(token, "POST", path(), R"({"tenant_id":"none"})").status, 404);
  EXPECT_EQ(identity.as(token, "DELETE", one).status, 204);
  EXPECT_EQ(identity.as(token, "GET", one).status, 404);
}

TEST_F(Ec2TokenTest, SignedRequestsAreTurnedIntoTokens) {
  const auto made = make(token);
  const auto answer = ask(made, service);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.text({"token", "user", "id"}), user);
  EXPECT_EQ(answer.text({"token", "project", "id"}), project);
  EXPECT_EQ(answer.json.at({"token", "methods"})->array()->at(0), json::Value("ec2credential"));
  const auto text = answer.headers.get("X-Subject-Token");
  EXPECT_EQ(identity.inspect(text).text({"token", "user", "id"}), user);
  EXPECT_EQ(ask(made, service, "2026-01-01T00:00:00Z", "cloud").status, 200);
  EXPECT_EQ(ask(made, service, "2026-01-01T00:00:00Z", "other").status, 401);
}

TEST_F(Ec2TokenTest, OnlyServicesAsk) {
  const auto made = make(token);
  EXPECT_EQ(ask(made, token).status, 403);
  EXPECT_EQ(ask(made, "").status, 401);
  EXPECT_EQ(ask(made, identity.admin).status, 200);
}

TEST_F(Ec2TokenTest, ASignatureGrowsOld) {
  const auto made = make(token);
  EXPECT_EQ(ask(made, service, "2025-12-31T23:45:00Z").status, 200);
  EXPECT_EQ(ask(made, service, "2025-12-31T23:44:59Z").status, 401);
  EXPECT_EQ(ask(made, service, "yesterday").status, 401);
  identity.cloud.clock().advance(std::chrono::minutes(15) + std::chrono::seconds(1));
  EXPECT_EQ(ask(made, service).status, 401);
}

TEST_F(Ec2TokenTest, BadRequestsAreNobodys) {
  const auto post = [&](const char* body) {
    return identity.as(service, "POST", "/ec2tokens", body).status;
  };
  EXPECT_EQ(post("{}"), 400);
  EXPECT_EQ(post("[]"), 400);
  EXPECT_EQ(post(R"({"credentials":{}})"), 401);
  EXPECT_EQ(post(R"({"credentials":[]})"), 400);
  EXPECT_EQ(post(R"({"credentials":{"access":"none","signature":"x"}})"), 404);
  const auto access = make(token).text({"credential", "access"});
  EXPECT_EQ(post(fmt::format(R"({{"credentials":{{"access":"{}"}}}})", access).c_str()), 401);
  EXPECT_EQ(
      post(fmt::format(R"({{"credentials":{{"access":"{}","signature":"x","params":7}}}})", access)
               .c_str()),
      400);
}

TEST_F(Ec2TokenTest, S3GetsNoTokenButLearnsWhoItIs) {
  const auto made = make(token);
  const auto right =
      s3_signature("GET\n\n\n\n/bucket/\xc3\xbf", made.text({"credential", "secret"}));
  const auto answer = ask_s3(made, *right);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.text({"token", "project", "id"}), project);
  EXPECT_EQ(answer.headers.get("X-Subject-Token"), "");
  EXPECT_EQ(ask_s3(made, "wrong").status, 401);
}

TEST_F(Ec2TokenTest, ADelegationsCredentialGivesNoMoreThanTheDelegation) {
  identity.grant(user, project, "manager");
  const auto app_cred =
      identity.as(token, "POST", "/users/" + user + "/application_credentials",
                  R"({"application_credential":{"name":"c","secret":"s","unrestricted":true,)"
                  R"("roles":[{"name":"member"}],"expires_at":"2026-01-01T00:10:00Z"}})");
  ASSERT_EQ(app_cred.status, 201) << app_cred.body;
  const auto id = app_cred.text({"application_credential", "id"});
  const auto login = identity.authenticate(
      fmt::format(R"({{"auth":{{"identity":{{"methods":["application_credential"],)"
                  R"("application_credential":{{"id":"{}","secret":"s"}}}}}}}})",
                  id));
  const auto made = make(std::string(login.headers.get("X-Subject-Token")));
  ASSERT_EQ(made.status, 201) << made.body;
  const auto answer = ask(made, service);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.text({"token", "application_credential", "id"}), id);
  EXPECT_EQ(answer.json.at({"token", "roles"})->array()->size(), 2u);  // and reader
  EXPECT_EQ(answer.text({"token", "expires_at"}), "2026-01-01T00:10:00.000000Z");
  identity.as(token, "DELETE", "/users/" + user + "/application_credentials/" + id);
  EXPECT_EQ(ask(made, service).status, 404);
}

TEST_F(Ec2TokenTest, NobodyBorrowsATrustByItsId) {
  const auto trustor = identity.user("trustor", "p");
  identity.grant(trustor, project, "member");
  const auto trust = identity.as(
      identity.login("trustor", "p", project_scope(project)), "POST", "/OS-TRUST/trusts",
      fmt::format(R"({{"trust":{{"trustor_user_id":"{}","trustee_user_id":"{}",)"
                  R"("project_id":"{}","impersonation":true,"roles":[{{"name":"member"}}]}}}})",
                  trustor, identity.user_id("admin"), project));
  ASSERT_EQ(trust.status, 201) << trust.body;
  const auto blob = fmt::format(R"({{\"access\":\"a\",\"secret\":\"s\",\"trust_id\":\"{}\"}})",
                                trust.text({"trust", "id"}));
  const auto made =
      identity.as(token, "POST", "/credentials",
                  fmt::format(R"({{"credential":{{"type":"ec2","blob":"{}","user_id":"{}",)"
                              R"("project_id":"{}"}}}})",
                              blob, user, project));
  ASSERT_EQ(made.status, 201) << made.body;
  AwsRequest request{.verb = "GET",
                     .host = "h",
                     .path = "/",
                     .body_hash = {},
                     .params = {{"SignatureVersion", "2"}},
                     .headers = {}};
  const auto answer = identity.as(
      service, "POST", "/ec2tokens",
      fmt::format(R"({{"credentials":{{"access":"a","signature":"{}","verb":"GET","host":"h",)"
                  R"("path":"/","params":{{"SignatureVersion":"2"}}}}}})",
                  *aws_signature(request, "s")));
  EXPECT_EQ(answer.status, 401) << answer.body;
}

}  // namespace
}  // namespace haneul::keystone
