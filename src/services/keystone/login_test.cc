#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

constexpr const char* kGeneral = "The request you have made requires authentication.";

Options with(Compliance rules) {
  Options options;
  options.compliance = std::move(rules);
  return options;
}

// A cloud with the user "ann", whose password is "right".
struct Ann {
  explicit Ann(Compliance rules, const char* user_options = "{}")
      : identity(with(std::move(rules))), id(made(user_options)) {}

  std::string made(const char* user_options) {
    return identity
        .post("/users", fmt::format(R"({{"user":{{"name":"ann","password":"right",)"
                                    R"("options":{}}}}})",
                                    user_options))
        .text({"user", "id"});
  }
  bool enters(const char* password = "right") { return !identity.login("ann", password).empty(); }
  void fails(int times) {
    for (int i = 0; i < times; ++i) EXPECT_FALSE(enters("wrong"));
  }
  // Days go by; the admin's token with them.
  void wait(std::chrono::minutes time) {
    identity.cloud.clock().advance(time);
    identity.admin = identity.login("admin", "secret", project_scope(identity.project_id("admin")));
  }
  TestIdentity::Answer set(const std::string& what) {
    return identity.patch("/users/" + id, fmt::format(R"({{"user":{{{}}}}})", what));
  }
  // The message for one who logs in as `user`.
  std::string refusal(std::string_view user, std::string_view password) {
    return identity
        .authenticate(fmt::format(
            R"({{"auth":{{"identity":{{"methods":["password"],"password":{{"user":{{"name":"{}",)"
            R"("password":"{}","domain":{{"id":"default"}}}}}}}}}}}})",
            user, password))
        .text({"error", "message"});
  }

  TestIdentity identity;
  std::string id;
};

constexpr auto kDay = std::chrono::hours(24);

TEST(Lockout, IsOffByDefault) {
  Ann ann({});
  ann.fails(20);
  EXPECT_TRUE(ann.enters());
}

TEST(Lockout, LocksAfterSoManyFailuresForAWhile) {
  Ann ann({.lockout_attempts = 3});
  ann.fails(2);
  EXPECT_TRUE(ann.enters());
  ann.fails(3);
  EXPECT_FALSE(ann.enters());
  EXPECT_EQ(ann.refusal("ann", "right"), kGeneral);
  EXPECT_EQ(ann.refusal("nobody", "right"), kGeneral);
  ann.wait(std::chrono::minutes(29));
  EXPECT_FALSE(ann.enters()) << "a refused login makes the lock no longer, but ends it neither";
  ann.wait(std::chrono::minutes(1));
  ann.fails(1);
  EXPECT_TRUE(ann.enters());
}

TEST(Lockout, WithoutADurationEndsWhenTheUserIsEnabled) {
  Ann ann({.lockout_attempts = 1, .lockout_duration = Duration(0)});
  ann.fails(1);
  ann.wait(1000 * kDay);
  EXPECT_FALSE(ann.enters());
  EXPECT_EQ(ann.set(R"("enabled":true)").status, 200);
  EXPECT_TRUE(ann.enters());
}

TEST(Lockout, MayBeIgnored) {
  Ann ann({.lockout_attempts = 1}, R"({"ignore_lockout_failure_attempts":true})");
  ann.fails(3);
  EXPECT_TRUE(ann.enters());
}

TEST(Lockout, CountsWrongPasswordsOfAChangeToo) {
  Ann ann({.lockout_attempts = 2});
  const auto change = [&](const char* original) {
    return ann.identity
        .as("", "POST", "/users/" + ann.id + "/password",
            fmt::format(R"({{"user":{{"original_password":"{}","password":"new"}}}})", original))
        .status;
  };
  EXPECT_EQ(change("wrong"), 401);
  EXPECT_EQ(change("wrong"), 401);
  EXPECT_EQ(change("right"), 401);
  EXPECT_FALSE(ann.enters());
}

// Whoever is not there leaves as much behind as who is.
TEST(Lockout, WritesAsOftenForUnknownLockedAndDisabledUsers) {
  Ann ann({.lockout_attempts = 1});
  ann.identity.user("off", "right");
  ann.identity.patch("/users/" + ann.identity.user_id("off"), R"({"user":{"enabled":false}})");
  const auto writes = [&](const char* user) {
    const auto before = ann.identity.cloud.db().stats().writes;
    EXPECT_EQ(ann.refusal(user, "wrong"), kGeneral);
    return ann.identity.cloud.db().stats().writes - before;
  };
  const auto first = writes("ann");
  EXPECT_GT(first, 0u);
  EXPECT_EQ(writes("ann"), first) << "locked";
  EXPECT_EQ(writes("off"), first);
  EXPECT_EQ(writes("nobody"), first);
}

TEST(Inactivity, DisablesAfterSoManyDays) {
  Ann ann({.inactive_days = 3});
  const auto is_shown_enabled = [&] {
    const auto answer = ann.identity.get("/users/" + ann.id);
    const auto* enabled = answer.json.at({"user", "enabled"});
    return enabled && enabled->boolean() && *enabled->boolean();
  };
  ann.wait(2 * kDay);
  EXPECT_TRUE(ann.enters());
  ann.wait(2 * kDay);
  EXPECT_TRUE(is_shown_enabled()) << "counted from the last login";
  ann.wait(1 * kDay);
  EXPECT_FALSE(is_shown_enabled());
  EXPECT_EQ(ann.refusal("ann", "right"), kGeneral);
  EXPECT_EQ(ann.set(R"("enabled":true)").status, 200);
  EXPECT_TRUE(is_shown_enabled());
  EXPECT_TRUE(ann.enters());
}

// The admin must not be away as long.
void wait_two_days(Ann& ann) {
  ann.wait(kDay);
  ann.wait(kDay);
}

TEST(Inactivity, OfAUserWhoIsChangedOtherwiseIsForGood) {
  Ann ann({.inactive_days = 2});
  wait_two_days(ann);
  EXPECT_EQ(ann.set(R"("description":"gone")").status, 200);
  EXPECT_EQ(ann.set(R"("options":{"ignore_user_inactivity":true})").status, 200);
  EXPECT_FALSE(ann.enters());
}

TEST(Inactivity, MayBeIgnored) {
  Ann ann({.inactive_days = 2}, R"({"ignore_user_inactivity":true})");
  wait_two_days(ann);
  EXPECT_TRUE(ann.enters());
}

TEST(Inactivity, EndsTokensToo) {
  Options options = with({.inactive_days = 1});
  options.token_lifetime = 10 * kDay;
  options.cached_tokens_max = 0;
  TestIdentity identity(options);
  const auto demo = identity.login("demo", "demo");
  EXPECT_NE(identity.keystone.authenticate(demo), nullptr);
  identity.cloud.clock().advance(kDay);
  EXPECT_EQ(identity.keystone.authenticate(demo), nullptr);
}

}  // namespace
}  // namespace haneul::keystone
