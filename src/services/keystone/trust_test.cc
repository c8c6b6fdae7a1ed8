#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

// A trustor with the role member in a project, and a trustee with nothing.
class TrustTest : public ::testing::Test {
 protected:
  TrustTest() {
    project = identity.project("shared");
    trustor = identity.user("trustor", "p");
    trustee = identity.user("trustee", "p");
    identity.grant(trustor, project, "member");
    token = identity.login("trustor", "p", project_scope(project));
  }

  TestIdentity::Answer make(const std::string& more = "", const std::string& role = "member",
                            const std::string& with = "", const std::string& to = "") {
    return identity.as(
        with.empty() ? token : with, "POST", "/OS-TRUST/trusts",
        fmt::format(
            R"({{"trust":{{"trustor_user_id":"{}","trustee_user_id":"{}","project_id":"{}",)"
            R"("roles":[{{"name":"{}"}}]{}}}}})",
            with.empty() ? trustor : trustor_of_redelegation, to.empty() ? trustee : to, project,
            role, more.empty() ? R"(,"impersonation":true)" : more));
  }
  std::string made(const std::string& more = "") {
    const auto answer = make(more);
    EXPECT_EQ(answer.status, 201) << answer.body;
    return answer.text({"trust", "id"});
  }
  TestIdentity::Answer scoped(const std::string& trust, const char* user = "trustee") {
    return identity.authenticate(fmt::format(
        R"({{"auth":{{"identity":{{"methods":["password"],"password":{{"user":{{"name":"{}",)"
        R"("password":"p","domain":{{"id":"default"}}}}}}}},"scope":{{"OS-TRUST:trust":)"
        R"({{"id":"{}"}}}}}}}})",
        user, trust));
  }
  std::string trust_token(const std::string& trust) {
    return std::string(scoped(trust).headers.get("X-Subject-Token"));
  }
  int shown(const std::string& subject) { return identity.inspect(subject).status; }

  TestIdentity identity;
  std::string project, trustor, trustee, token, trustor_of_redelegation;
};

TEST_F(TrustTest, LetsTheTrusteeActForTheTrustor) {
  const auto id = made();
  const auto answer = scoped(id);
  ASSERT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(answer.text({"token", "user", "id"}), trustor);
  EXPECT_EQ(answer.text({"token", "OS-TRUST:trust", "id"}), id);
  EXPECT_EQ(answer.text({"token", "OS-TRUST:trust", "trustee_user", "id"}), trustee);
  EXPECT_EQ(answer.text({"token", "project", "id"}), project);
  EXPECT_EQ(answer.json.at({"token", "roles"})->array()->size(), 2u);
  const auto plain = scoped(made(R"(,"impersonation":false)"));
  EXPECT_EQ(plain.text({"token", "user", "id"}), trustee);
}

TEST_F(TrustTest, IsShownToItsPartiesOnly) {
  const auto path = "/OS-TRUST/trusts/" + made();
  const auto other = identity.user("other", "p");
  identity.grant(other, project, "member");
  const auto others = identity.login("other", "p", project_scope(project));
  EXPECT_EQ(identity.as(token, "GET", path).text({"trust", "trustor_user_id"}), trustor);
  EXPECT_EQ(identity.as(others, "GET", path).status, 403);
  EXPECT_EQ(identity.as(others, "DELETE", path).status, 403);
  const auto roles = identity.as(token, "GET", path + "/roles");
  EXPECT_EQ(roles.json.at({"roles"})->array()->size(), 1u);
  EXPECT_EQ(identity.as(token, "GET", path + "/roles/" + identity.role_id("member")).status, 200);
  EXPECT_EQ(identity.as(token, "GET", path + "/roles/" + identity.role_id("admin")).status, 404);
  EXPECT_EQ(identity.as(token, "GET", "/OS-TRUST/trusts").status, 403);
  const auto own = "/OS-TRUST/trusts?trustor_user_id=" + trustor;
  EXPECT_EQ(identity.as(token, "GET", own).json.at({"trusts"})->array()->size(), 1u);
  EXPECT_EQ(identity.as(others, "GET", own).status, 403);
  EXPECT_EQ(identity.get("/OS-TRUST/trusts").json.at({"trusts"})->array()->size(), 1u);
  EXPECT_EQ(identity.as(token, "DELETE", path).status, 204);
  EXPECT_EQ(identity.as(token, "GET", path).status, 404);
}

TEST_F(TrustTest, GivesOnlyWhatTheTrustorHas) {
  EXPECT_EQ(make("", "admin").status, 404);
  EXPECT_EQ(make("", "nonsense").status, 404);
  EXPECT_EQ(make(R"(,"impersonation":"yes")").status, 400);
  EXPECT_EQ(make(R"(,"colour":"red")").status, 400);
  EXPECT_EQ(make(R"(,"impersonation":true,"remaining_uses":0)").status, 400);
  EXPECT_EQ(make(R"(,"impersonation":true,"expires_at":"2000-01-01T00:00:00Z")").status, 400);
  const auto id = made();
  EXPECT_EQ(scoped(id, "trustor").status, 403);
  EXPECT_EQ(scoped("none").status, 401);
  const auto live = trust_token(id);
  EXPECT_EQ(shown(live), 200);
  identity.remove(
      fmt::format("/projects/{}/users/{}/roles/{}", project, trustor, identity.role_id("member")));
  EXPECT_EQ(shown(live), 404);
  EXPECT_EQ(scoped(id).status, 403);
}

TEST_F(TrustTest, EndsWithItsUsesItsTimeAndItsUsers) {
  const auto once = made(R"(,"impersonation":true,"remaining_uses":1)");
  EXPECT_EQ(scoped(once).status, 201);
  EXPECT_EQ(scoped(once).status, 401);
  const auto brief = made(R"(,"impersonation":true,"expires_at":"2026-01-01T00:10:00.000000Z")");
  const auto live = trust_token(brief);
  EXPECT_EQ(shown(live), 200);
  identity.cloud.clock().advance(std::chrono::minutes(11));
  EXPECT_EQ(shown(live), 404);
  EXPECT_EQ(scoped(brief).status, 401);
  const auto lasting = made();
  const auto another = trust_token(lasting);
  EXPECT_EQ(shown(another), 200);
  EXPECT_EQ(identity.remove("/users/" + trustor).status, 204);
  EXPECT_EQ(shown(another), 404);
  EXPECT_EQ(identity.get("/OS-TRUST/trusts/" + lasting).status, 404);
}

TEST_F(TrustTest, DiesWithTheTrustorsPasswordAndItsProject) {
  const auto live = trust_token(made());
  EXPECT_EQ(shown(live), 200);
  identity.patch("/users/" + trustor, R"({"user":{"password":"other"}})");
  EXPECT_EQ(shown(live), 404);
  const auto all = identity.get("/OS-TRUST/trusts");
  const auto path =
      "/OS-TRUST/trusts/" + *all.json.at({"trusts"})->array()->front().at({"id"})->text();
  EXPECT_EQ(identity.remove("/projects/" + project).status, 204);
  EXPECT_EQ(identity.get(path).status, 404);
}

TEST_F(TrustTest, IsHandedOnAsOftenAsItSays) {
  const auto first =
      made(R"(,"impersonation":true,"allow_redelegation":true,"redelegation_count":1)");
  const auto third = identity.user("third", "p");
  trustor_of_redelegation = trustor;
  const auto with = trust_token(first);
  const auto second = make(R"(,"impersonation":true)", "member", with, third);
  ASSERT_EQ(second.status, 201) << second.body;
  EXPECT_EQ(second.text({"trust", "redelegated_trust_id"}), first);
  const auto deeper = scoped(second.text({"trust", "id"}), "third");
  ASSERT_EQ(deeper.status, 201) << deeper.body;
  const std::string third_token(deeper.headers.get("X-Subject-Token"));
  EXPECT_EQ(make(R"(,"impersonation":true)", "member", third_token, trustee).status, 403);
  EXPECT_EQ(make(R"(,"impersonation":true,"remaining_uses":2)", "member", with, third).status, 403);
  EXPECT_EQ(
      make(R"(,"impersonation":true,"allow_redelegation":true,"redelegation_count":9)").status,
      403);
  EXPECT_EQ(identity.as(token, "DELETE", "/OS-TRUST/trusts/" + first).status, 204);
  EXPECT_EQ(shown(third_token), 404);
  EXPECT_EQ(scoped(second.text({"trust", "id"}), "third").status, 401);
}

TEST_F(TrustTest, TokensOfOneMakeNoOthers) {
  const auto with = trust_token(made());
  const auto answer = identity.authenticate(fmt::format(
      R"({{"auth":{{"identity":{{"methods":["token"],"token":{{"id":"{}"}}}}}}}})", with));
  EXPECT_EQ(answer.status, 403);
}

}  // namespace
}  // namespace haneul::keystone
