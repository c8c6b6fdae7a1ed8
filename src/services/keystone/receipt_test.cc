#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/keystone/logic/totp.h"
#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

constexpr const char* kSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
constexpr const char* kGeneral = "The request you have made requires authentication.";

Options with_totp() {
  Options options;
  options.auth_methods.push_back("totp");
  return options;
}

// A cloud with the user "ann", whose password is "p", and who has a TOTP secret.
struct Ann {
  explicit Ann(Options options = with_totp()) : identity(std::move(options)) {
    id = identity.user("ann", "p");
    add_secret(id, kSecret);
  }

  TestIdentity::Answer add_secret(const std::string& user, const std::string& secret) {
    return identity.post(
        "/credentials",
        fmt::format(R"({{"credential":{{"type":"totp","user_id":"{}","blob":"{}"}}}})", user,
                    secret));
  }
  std::string passcode(std::int64_t steps_ago = 0) {
    return totp_passcode(*totp_secret(kSecret),
                         totp_step(identity.cloud.clock().now()) - steps_ago);
  }
  void need(const char* rules) {
    const auto answer = identity.patch(
        "/users/" + id,
        fmt::format(R"({{"user":{{"options":{{"multi_factor_auth_rules":{}}}}}}})", rules));
    EXPECT_EQ(answer.status, 200) << answer.body;
  }
  std::string password_part(std::string_view password = "p") const {
    return fmt::format(R"("password":{{"user":{{"id":"{}","password":"{}"}}}})", id, password);
  }
  std::string totp_part(std::string_view code) const {
    return fmt::format(R"("totp":{{"user":{{"id":"{}","passcode":"{}"}}}})", id, code);
  }
  TestIdentity::Answer enter(std::string_view methods, const std::string& parts,
                             std::string_view receipt = "") {
    std::vector<std::pair<std::string, std::string>> headers;
    if (!receipt.empty()) headers.emplace_back("Openstack-Auth-Receipt", receipt);
    return identity.as(
        "", "POST", "/auth/tokens",
        fmt::format(R"({{"auth":{{"identity":{{"methods":[{}],{}}}}}}})", methods, parts), headers);
  }
  TestIdentity::Answer by_password(std::string_view receipt = "") {
    return enter(R"("password")", password_part(), receipt);
  }
  TestIdentity::Answer by_totp(const std::string& code, std::string_view receipt = "") {
    return enter(R"("totp")", totp_part(code), receipt);
  }

  TestIdentity identity;
  std::string id;
};

std::string receipt_of(const TestIdentity::Answer& answer) {
  return std::string(answer.headers.get("Openstack-Auth-Receipt"));
}

TEST(Totp, IsOffUnlessItIsNamed) {
  Ann ann(Options{});
  const auto answer = ann.by_totp(ann.passcode());
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.text({"error", "message"}),
            "Attempted to authenticate with an unsupported method.");
}

TEST(Totp, LogsIn) {
  Ann ann;
  const auto answer = ann.by_totp(ann.passcode());
  ASSERT_EQ(answer.status, 201) << answer.body;
  const auto shown = ann.identity.inspect(answer.headers.get("X-Subject-Token"));
  EXPECT_NE(shown.body.find(R"("methods":["totp"])"), std::string::npos) << shown.body;
  EXPECT_EQ(shown.text({"token", "user", "id"}), ann.id);
}

TEST(Totp, TakesAPasscodeOnceAndNoneBefore) {
  Ann ann;
  const auto before = ann.passcode(1), now = ann.passcode();
  EXPECT_EQ(ann.by_totp(now).status, 201);
  EXPECT_EQ(ann.by_totp(now).text({"error", "message"}), kGeneral);
  EXPECT_EQ(ann.by_totp(before).status, 401);
  ann.identity.cloud.clock().advance(std::chrono::seconds(30));
  EXPECT_EQ(ann.by_totp(ann.passcode()).status, 201);
}

TEST(Totp, TakesPasscodesOfAsManyStepsAsAreSaid) {
  Ann ann;
  EXPECT_EQ(ann.by_totp(ann.passcode(2)).status, 401);
  EXPECT_EQ(ann.by_totp(ann.passcode(1)).status, 201);
  Options strict = with_totp();
  strict.totp_previous_steps = 0;
  Ann other(strict);
  EXPECT_EQ(other.by_totp(other.passcode(1)).status, 401);
  EXPECT_EQ(other.by_totp(other.passcode()).status, 201);
}

TEST(Totp, OfAnotherUserAWrongSecretOrNobodyIsRefused) {
  Ann ann;
  const auto bob = ann.identity.user("bob", "p");
  const auto enter = [&](const std::string& user, const std::string& code) {
    return ann
        .enter(R"("totp")", fmt::format(R"("totp":{{"user":{{{},"passcode":{}}}}})", user, code))
        .text({"error", "message"});
  };
  const auto quoted = "\"" + ann.passcode() + "\"";
  EXPECT_EQ(enter("\"id\":\"" + bob + "\"", quoted), kGeneral);
  ann.add_secret(bob, "0");
  EXPECT_EQ(enter("\"id\":\"" + bob + "\"", quoted), kGeneral);
  EXPECT_EQ(enter(R"("id":"nobody")", quoted), kGeneral);
  EXPECT_EQ(enter(R"("name":"ann","domain":{"id":"none"})", quoted), kGeneral);
  EXPECT_EQ(enter("\"id\":\"" + ann.id + "\"", "123"), kGeneral);
  EXPECT_EQ(enter("\"id\":\"" + ann.id + "\"", "null"), kGeneral);
  EXPECT_EQ(ann.by_totp(ann.passcode()).status, 201) << "nothing of that has spent it";
}

TEST(Totp, WithoutAUserIsMalformed) {
  Ann ann;
  const auto status = [&](const char* part) { return ann.enter(R"("totp")", part).status; };
  EXPECT_EQ(status(R"("totp":{})"), 400);
  EXPECT_EQ(status(R"("totp":{"user":{}})"), 400);
  EXPECT_EQ(status(R"("totp":{"user":{"name":"ann"}})"), 400);
  EXPECT_EQ(status(R"("totp":{"user":{"name":"ann","domain":{}}})"), 400);
  EXPECT_EQ(status(R"("totp":7)"), 400);
  EXPECT_EQ(status(R"("password":{})"), 400);
}

TEST(Totp, IsNotSpentWhereThePasswordIsWrong) {
  Ann ann;
  EXPECT_EQ(ann.enter(R"("totp","password")",
                      ann.password_part("x") + "," + ann.totp_part(ann.passcode()))
                .status,
            401);
  EXPECT_EQ(ann.by_totp(ann.passcode()).status, 201);
}

TEST(Receipt, IsGivenWhereMethodsAreMissing) {
  Ann ann;
  ann.need(R"([["password","totp"],["token","totp"]])");
  const auto answer = ann.by_password();
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.body,
            fmt::format(R"({{"receipt":{{"methods":["password"],"user":{{"id":"{}","name":"ann",)"
                        R"("domain":{{"id":"default","name":"Default"}}}},)"
                        R"("expires_at":"2026-01-01T00:05:00.000000Z",)"
                        R"("issued_at":"2026-01-01T00:00:00.000000Z"}},)"
                        R"("required_auth_methods":[["password","totp"]]}})",
                        ann.id));
  EXPECT_NE(receipt_of(answer), "");
  EXPECT_EQ(answer.headers.get("X-Subject-Token"), "");
}

TEST(Receipt, IsMadeUpForByTheMissingMethods) {
  Ann ann;
  ann.need(R"([["password","totp"]])");
  const auto receipt = receipt_of(ann.by_password());
  const auto answer = ann.by_totp(ann.passcode(), receipt);
  ASSERT_EQ(answer.status, 201) << answer.body;
  const auto shown = ann.identity.inspect(answer.headers.get("X-Subject-Token"));
  EXPECT_NE(shown.body.find(R"("methods":["totp","password"])"), std::string::npos) << shown.body;
}

TEST(Receipt, IsNotNeededByWhoBringsAllAtOnce) {
  Ann ann;
  ann.need(R"([["password","totp"]])");
  EXPECT_EQ(
      ann.enter(R"("password","totp")", ann.password_part() + "," + ann.totp_part(ann.passcode()))
          .status,
      201);
}

TEST(Receipt, GrowsWithEachMethod) {
  Ann ann;
  ann.need(R"([["password","totp","token"]])");
  const auto first = ann.by_password();
  const auto second = ann.by_totp(ann.passcode(), receipt_of(first));
  EXPECT_EQ(second.status, 401);
  EXPECT_NE(second.body.find(R"("methods":["totp","password"])"), std::string::npos) << second.body;
}

TEST(Receipt, OfNothingKnownIsRefused) {
  Ann ann;
  ann.need(R"([["password","totp"]])");
  const auto good = receipt_of(ann.by_password());
  const auto refusal = [&](std::string_view receipt) {
    return ann.by_totp(ann.passcode(), receipt).text({"error", "message"});
  };
  EXPECT_EQ(refusal("nonsense"), "Could not find auth receipt: nonsense.");
  ann.identity.cloud.clock().advance(std::chrono::seconds(30));
  EXPECT_EQ(refusal(ann.identity.admin),
            "Could not find auth receipt: " + ann.identity.admin + ".");
  ann.identity.cloud.clock().advance(std::chrono::seconds(270));
  EXPECT_EQ(refusal(good), "Could not find auth receipt: " + good + ".") << "it is over";
}

TEST(Receipt, OfAnotherUserIsRefused) {
  Ann ann;
  ann.need(R"([["password","totp"]])");
  const auto good = receipt_of(ann.by_password());
  const auto answer = ann.identity.as(
      "", "POST", "/auth/tokens",
      R"({"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"demo",)"
      R"("password":"demo","domain":{"id":"default"}}}}}})",
      {{"Openstack-Auth-Receipt", good}});
  EXPECT_EQ(answer.status, 401);
}

TEST(Receipt, OfAFormerPasswordIsVoid) {
  Ann ann;
  ann.need(R"([["password","totp"]])");
  const auto old = receipt_of(ann.by_password());
  ann.identity.patch("/users/" + ann.id, R"({"user":{"password":"p"}})");
  EXPECT_EQ(ann.by_totp(ann.passcode(), old).status, 401);
  ann.identity.cloud.clock().advance(std::chrono::seconds(30));
  EXPECT_EQ(ann.by_totp(ann.passcode(), receipt_of(ann.by_password())).status, 201);
}

TEST(Receipt, IsNoToken) {
  Ann ann;
  ann.need(R"([["password","totp"]])");
  const auto receipt = receipt_of(ann.by_password());
  EXPECT_EQ(ann.identity.keystone.authenticate(receipt), nullptr);
  EXPECT_EQ(ann.identity.inspect(receipt).status, 404);
}

TEST(Receipt, IsNotGivenWhereTheRulesAreOff) {
  Ann ann;
  ann.need(R"([["password","totp"]])");
  ann.identity.patch("/users/" + ann.id,
                     R"({"user":{"options":{"multi_factor_auth_enabled":false}}})");
  EXPECT_EQ(ann.by_password().status, 201);
}

TEST(Receipt, LivesAsLongAsIsSaid) {
  Options options = with_totp();
  options.receipt_lifetime = std::chrono::seconds(10);
  Ann ann(options);
  ann.need(R"([["password","totp"]])");
  const auto receipt = receipt_of(ann.by_password());
  ann.identity.cloud.clock().advance(std::chrono::seconds(9));
  EXPECT_EQ(ann.by_totp(ann.passcode(), receipt).status, 201);
}

TEST(AuthMethods, MustBeSomeAndDifferent) {
  using Methods = std::vector<std::string>;
  const Methods bad[] = {Methods(), Methods(2, "password"), Methods(33, "x")};
  for (const Methods& methods : bad) {
    Options options;
    options.auth_methods = methods;
    EXPECT_THROW(TestIdentity{options}, std::runtime_error);
  }
}

TEST(AuthMethods, MayBeTakenAway) {
  Options options;
  options.auth_methods = {"password"};
  TestIdentity identity(options);
  EXPECT_EQ(identity
                .authenticate(fmt::format(
                    R"({{"auth":{{"identity":{{"methods":["token"],"token":{{"id":"{}"}}}}}}}})",
                    identity.admin))
                .status,
            401);
}

}  // namespace
}  // namespace haneul::keystone
