#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "services/keystone/logic/oauth_signature.h"
#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

using Answer = TestIdentity::Answer;

// oauth_token=…&oauth_token_secret=…
struct Given {
  std::string token, secret;
};

Given given_by(const Answer& answer) {
  Given given;
  for (const auto pair : split(answer.body, '&')) {
    const auto value = std::string(pair.substr(std::min(pair.find('='), pair.size() - 1) + 1));
    if (pair.starts_with("oauth_token=")) given.token = value;
    if (pair.starts_with("oauth_token_secret=")) given.secret = value;
  }
  return given;
}

// The admin, who gives a consumer the role reader in a project.
class Oauth1Test : public ::testing::Test {
 protected:
  Oauth1Test() {
    project = identity.project("shared");
    identity.grant(identity.user_id("admin"), project, "admin");
    const auto made = identity.post("/OS-OAUTH1/consumers", R"({"consumer":{"description":"c"}})");
    EXPECT_EQ(made.status, 201) << made.body;
    consumer = made.text({"consumer", "id"});
    consumer_secret = made.text({"consumer", "secret"});
  }

  std::string header(const std::string& path, const Given& owner, OauthParams more,
                     std::string_view secret) {
    OauthRequest request{.method = "POST", .url = {}, .params = std::move(more)};
    const std::string url = "http://cloud.test:5000/identity/v3" + path;
    request.url = url;
    request.params.insert(
        request.params.end(),
        {{"oauth_consumer_key", consumer},
         {"oauth_nonce", "123"},
         {"oauth_timestamp", std::to_string(identity.cloud.clock().now().seconds() + skew)},
         {"oauth_signature_method", method}});
    if (!owner.token.empty()) request.params.emplace_back("oauth_token", owner.token);
    const auto signature =
        oauth_signature(request, method, {secret, owner.secret}).value_or("none");
    std::string text = "OAuth oauth_signature=\"" + percent_encode(signature) + "\"";
    for (const auto& [key, value] : request.params) {
      text += fmt::format(", {}=\"{}\"", key, percent_encode(value));
    }
    return text;
  }
  Answer wish(std::string_view secret = {}) {
    return identity.as(
        "", "POST", "/OS-OAUTH1/request_token", "",
        {{"Requested-Project-Id", project},
         {"Authorization", header("/OS-OAUTH1/request_token", {}, {{"oauth_callback", "oob"}},
                                  secret.empty() ? consumer_secret : secret)}});
  }
  Answer authorize(const Given& wished, const char* role = "reader") {
    return identity.as(identity.admin, "PUT", "/OS-OAUTH1/authorize/" + wished.token,
                       fmt::format(R"({{"roles":[{{"name":"{}"}}]}})", role));
  }
  Answer access(const Given& wished, const std::string& verifier) {
    return identity.as(
        "", "POST", "/OS-OAUTH1/access_token", "",
        {{"Authorization", header("/OS-OAUTH1/access_token", wished, {{"oauth_verifier", verifier}},
                                  consumer_secret)}});
  }
  Answer login(const Given& owner) {
    return identity.as("", "POST", "/auth/tokens",
                       R"({"auth":{"identity":{"methods":["oauth1"],"oauth1":{}}}})",
                       {{"Authorization", header("/auth/tokens", owner, {}, consumer_secret)}});
  }
  Given granted() {
    const auto wished = given_by(wish());
    const auto verifier = authorize(wished).text({"token", "oauth_verifier"});
    return given_by(access(wished, verifier));
  }
  std::string tokens_path() const {
    return "/users/" + identity.user_id("admin") + "/OS-OAUTH1/access_tokens";
  }

  mutable TestIdentity identity;
  std::string project, consumer, consumer_secret, method = "HMAC-SHA1";
  std::int64_t skew = 0;
};

TEST_F(Oauth1Test, ConsumersAreKeptAndTheirSecretShownOnce) {
  const auto path = "/OS-OAUTH1/consumers/" + consumer;
  EXPECT_EQ(consumer_secret.size(), 32u);
  EXPECT_EQ(identity.get(path).text({"consumer", "description"}), "c");
  EXPECT_EQ(identity.get(path).body.find(consumer_secret), std::string::npos);
  EXPECT_EQ(identity.get("/OS-OAUTH1/consumers").body.find(consumer_secret), std::string::npos);
  EXPECT_EQ(identity.patch(path, R"({"consumer":{"description":null,"more":1}})").status, 200);
  EXPECT_EQ(*identity.get(path).json.at({"consumer", "more"}), json::Value(1));
  EXPECT_EQ(identity.patch(path, R"({"consumer":{"secret":"mine"}})").status, 400);
  EXPECT_EQ(identity.patch(path, R"({"consumer":{}})").status, 400);
  EXPECT_EQ(identity.remove(path).status, 204);
  EXPECT_EQ(identity.get(path).status, 404);
}

TEST_F(Oauth1Test, AConsumerGetsAPartOfTheUsersRoles) {
  const auto owner = granted();
  ASSERT_EQ(owner.token.size(), 32u);
  const auto answer = login(owner);
  ASSERT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(answer.text({"token", "user", "id"}), identity.user_id("admin"));
  EXPECT_EQ(answer.text({"token", "project", "id"}), project);
  EXPECT_EQ(answer.text({"token", "OS-OAUTH1", "access_token_id"}), owner.token);
  EXPECT_EQ(answer.text({"token", "OS-OAUTH1", "consumer_id"}), consumer);
  EXPECT_EQ(answer.json.at({"token", "roles"})->array()->size(), 1u);
  const auto shown = identity.inspect(answer.headers.get("X-Subject-Token"));
  EXPECT_EQ(shown.text({"token", "OS-OAUTH1", "access_token_id"}), owner.token);
  method = "PLAINTEXT";
  EXPECT_EQ(login(owner).status, 201);
}

TEST_F(Oauth1Test, WrongSignaturesAndStaleRequestsAreRefused) {
  EXPECT_EQ(wish("wrong").status, 401);
  const auto owner = granted();
  EXPECT_EQ(login({owner.token, "wrong"}).status, 401);
  EXPECT_EQ(login({std::string(32, 'a'), owner.secret}).status, 404);
  method = "RSA-SHA1";
  EXPECT_EQ(wish().status, 400);
  EXPECT_EQ(login(owner).status, 401);
  method = "HMAC-SHA1";
  skew = -601;
  EXPECT_EQ(wish().status, 400);
  EXPECT_EQ(login(owner).status, 401);
  skew = 600;
  EXPECT_EQ(login(owner).status, 201);
  const auto post = [&](const char* path, const char* authorization) {
    return identity.as("", "POST", path, "", {{"Authorization", authorization}}).status;
  };
  EXPECT_EQ(post("/OS-OAUTH1/request_token", "Basic eDp5"), 400);
  EXPECT_EQ(post("/OS-OAUTH1/request_token", "OAuth a=b"), 400);
  EXPECT_EQ(post("/OS-OAUTH1/access_token", "OAuth oauth_consumer_key=b"), 400);
}

TEST_F(Oauth1Test, ARequestTokenIsAuthorizedAndTakenOnce) {
  const auto wished = given_by(wish());
  EXPECT_EQ(access(wished, "AbcdEfgh").status, 401);
  EXPECT_EQ(access(wished, "no").status, 400);
  EXPECT_EQ(authorize(wished, "service").status, 401);
  EXPECT_EQ(authorize(wished, "nonsense").status, 404);
  EXPECT_EQ(authorize({"none", ""}).status, 404);
  const auto verifier = authorize(wished).text({"token", "oauth_verifier"});
  ASSERT_EQ(verifier.size(), 8u);
  EXPECT_EQ(access(wished, "AbcdEfgh").status, 401);
  EXPECT_EQ(access({wished.token, "wrong"}, verifier).status, 401);
  EXPECT_EQ(access(wished, verifier).status, 201);
  EXPECT_EQ(access(wished, verifier).status, 404);
  const auto late = given_by(wish());
  identity.cloud.clock().advance(std::chrono::hours(8) + std::chrono::seconds(1));
  EXPECT_EQ(access(late, verifier).status, 401);
}

TEST_F(Oauth1Test, AccessTokensAreSeenAndTakenBack) {
  const auto owner = granted();
  const auto one = tokens_path() + "/" + owner.token;
  EXPECT_EQ(identity.get(tokens_path()).json.at({"access_tokens"})->array()->size(), 1u);
  EXPECT_EQ(identity.get(one).text({"access_token", "consumer_id"}), consumer);
  EXPECT_EQ(identity.get(one).body.find(owner.secret), std::string::npos);
  EXPECT_EQ(identity.get(one + "/roles").json.at({"roles"})->array()->size(), 1u);
  EXPECT_EQ(identity.get(one + "/roles/" + identity.role_id("reader")).status, 200);
  EXPECT_EQ(identity.get(one + "/roles/" + identity.role_id("admin")).status, 404);
  EXPECT_EQ(identity.get("/users/other/OS-OAUTH1/access_tokens/" + owner.token).status, 404);
  const std::string token(login(owner).headers.get("X-Subject-Token"));
  EXPECT_EQ(identity.inspect(token).status, 200);
  EXPECT_EQ(identity.remove(one).status, 204);
  EXPECT_EQ(identity.inspect(token).status, 404);
  EXPECT_EQ(login(owner).status, 404);
}

TEST_F(Oauth1Test, ItsTokensEndWithTheConsumerTheRoleAndTheTime) {
  const auto owner = granted();
  const std::string token(login(owner).headers.get("X-Subject-Token"));
  identity.remove("/OS-OAUTH1/consumers/" + consumer);
  EXPECT_EQ(identity.inspect(token).status, 404);
  EXPECT_EQ(login(owner).status, 404);
}

TEST_F(Oauth1Test, ADelegationDelegatesNoFurther) {
  const std::string token(login(granted()).headers.get("X-Subject-Token"));
  const auto again = identity.authenticate(fmt::format(
      R"({{"auth":{{"identity":{{"methods":["token"],"token":{{"id":"{}"}}}}}}}})", token));
  EXPECT_EQ(again.status, 403);
  const auto credential =
      identity.as(token, "POST", "/users/" + identity.user_id("admin") + "/application_credentials",
                  R"({"application_credential":{"name":"x"}})");
  EXPECT_EQ(credential.status, 403);
  EXPECT_EQ(identity.as(token, "GET", tokens_path()).status, 403);
}

TEST_F(Oauth1Test, AnAccessTokenGrowsOld) {
  const auto owner = granted();
  identity.cloud.clock().advance(std::chrono::hours(24) - std::chrono::minutes(1));
  const auto last = login(owner);
  ASSERT_EQ(last.status, 201);
  EXPECT_EQ(last.text({"token", "expires_at"}), "2026-01-02T00:00:00.000000Z");
  identity.cloud.clock().advance(std::chrono::minutes(2));
  EXPECT_EQ(login(owner).status, 401);
}

}  // namespace
}  // namespace haneul::keystone
