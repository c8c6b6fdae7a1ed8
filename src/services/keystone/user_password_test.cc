#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

constexpr auto kDay = std::chrono::hours(24);

// A cloud with the user "ann", whose password is "first".
struct Ann {
  explicit Ann(Compliance rules, const char* user_options = "{}")
      : identity([&] {
          Options options;
          options.compliance = std::move(rules);
          return options;
        }()) {
    made = identity.post("/users", fmt::format(R"({{"user":{{"name":"ann","password":"first",)"
                                               R"("options":{}}}}})",
                                               user_options));
    id = made.text({"user", "id"});
  }

  TestIdentity::Answer change(std::string_view original, std::string_view wanted) {
    return identity.as("", "POST", "/users/" + id + "/password",
                       fmt::format(R"({{"user":{{"original_password":"{}","password":"{}"}}}})",
                                   original, wanted));
  }
  TestIdentity::Answer set(const std::string& what) {
    return identity.patch("/users/" + id, fmt::format(R"({{"user":{{{}}}}})", what));
  }
  TestIdentity::Answer enter(std::string_view password) {
    return identity.authenticate(fmt::format(
        R"({{"auth":{{"identity":{{"methods":["password"],"password":{{"user":{{"id":"{}",)"
        R"("password":"{}"}}}}}}}}}})",
        id, password));
  }
  void wait(std::chrono::minutes time) {
    identity.cloud.clock().advance(time);
    identity.admin = identity.login("admin", "secret", project_scope(identity.project_id("admin")));
  }
  std::string expiry() {
    return identity.get("/users/" + id).text({"user", "password_expires_at"});
  }

  TestIdentity identity;
  TestIdentity::Answer made;
  std::string id;
};

std::string expired(const std::string& id) {
  return fmt::format("The password is expired and needs to be changed for user: {}.", id);
}

TEST(PasswordExpiry, ShowsAndKeepsOutUntilThePasswordIsChanged) {
  Ann ann({.password_days = 2});
  EXPECT_EQ(ann.made.text({"user", "password_expires_at"}), "2026-01-03T00:00:00.000000");
  EXPECT_EQ(ann.enter("first").text({"token", "user", "password_expires_at"}),
            "2026-01-03T00:00:00.000000");
  ann.wait(2 * kDay);
  const auto refused = ann.enter("first");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.text({"error", "message"}), expired(ann.id));
  EXPECT_EQ(ann.enter("wrong").text({"error", "message"}),
            "The request you have made requires authentication.");
  EXPECT_EQ(ann.change("first", "second").status, 204);
  EXPECT_EQ(ann.enter("second").status, 201);
  EXPECT_EQ(ann.expiry(), "2026-01-05T00:00:00.000000");
}

TEST(PasswordExpiry, MayBeIgnored) {
  Ann ann({.password_days = 1}, R"({"ignore_password_expiry":true})");
  ann.wait(2 * kDay);
  EXPECT_EQ(ann.enter("first").status, 201);
  EXPECT_EQ(ann.change("first", "second").status, 204);
  EXPECT_EQ(ann.expiry(), "") << "only at creation are options too late";
}

TEST(PasswordExpiry, IsAFilterWithOperators) {
  Ann ann({.password_days = 2});
  const auto group =
      ann.identity.post("/groups", R"({"group":{"name":"g"}})").text({"group", "id"});
  ann.identity.put("/groups/" + group + "/users/" + ann.id);
  const auto count = [&](std::string_view list, std::string_view filter) {
    const auto answer = ann.identity.get(fmt::format("{}?password_expires_at={}", list, filter));
    const auto* users = answer.json.at({"users"});
    return users ? static_cast<int>(users->array()->size()) : -answer.status;
  };
  const auto members = "/groups/" + group + "/users";
  for (const std::string& list : {std::string("/users"), members}) {
    EXPECT_EQ(count(list, "eq:2026-01-03T00:00:00Z"), 1) << list;
    EXPECT_EQ(count(list, "2026-01-03T00:00:00Z"), 1) << list;
    EXPECT_EQ(count(list, "neq:2026-01-03T00:00:00Z"), 0) << list;
    EXPECT_EQ(count(list, "lt:2026-01-03T00:00:01Z"), 1) << list;
    EXPECT_EQ(count(list, "lte:2026-01-03T00:00:00Z"), 1) << list;
    EXPECT_EQ(count(list, "gt:2026-01-03T00:00:00Z"), 0) << list;
    EXPECT_EQ(count(list, "gte:2026-01-03T00:00:00Z"), 1) << list;
    EXPECT_EQ(count(list, "xx:2026-01-03T00:00:00Z"), -400) << list;
    EXPECT_EQ(count(list, "lt:soon"), -400) << list;
    EXPECT_EQ(count(list, ""), -400) << list;
  }
  ann.change("first", "second");
  EXPECT_EQ(count("/users", "lte:2026-01-01T00:00:00Z"), 1) << "the former one ended then";
}

TEST(FirstUse, NeedsAChangeByTheUser) {
  Ann ann({.change_upon_first_use = true});
  EXPECT_EQ(ann.enter("first").text({"error", "message"}), expired(ann.id));
  EXPECT_EQ(ann.change("first", "second").status, 204);
  EXPECT_EQ(ann.enter("second").status, 201);
  EXPECT_EQ(ann.set(R"("password":"third")").status, 200);
  EXPECT_EQ(ann.enter("third").text({"error", "message"}), expired(ann.id));
  ann.set(R"("options":{"ignore_change_password_upon_first_use":true})");
  EXPECT_EQ(ann.set(R"("password":"fourth")").status, 200);
  EXPECT_EQ(ann.enter("fourth").status, 201);
}

// upstream: a new user's options are stored after the password.
TEST(FirstUse, CannotBeIgnoredByANewUser) {
  Ann ann({.change_upon_first_use = true}, R"({"ignore_change_password_upon_first_use":true})");
  EXPECT_EQ(ann.enter("first").status, 401);
}

TEST(UniquePasswords, AreTheLastSoMany) {
  Ann ann({.unique_passwords = 3});
  const auto same = ann.change("first", "first");
  EXPECT_EQ(same.status, 400);
  EXPECT_EQ(same.text({"error", "message"}),
            "The new password cannot be identical to a previous password. The total number which "
            "includes the new password must be unique is 3.");
  EXPECT_EQ(ann.change("first", "second").status, 204);
  EXPECT_EQ(ann.change("second", "third").status, 204);
  EXPECT_EQ(ann.change("third", "first").status, 400);
  EXPECT_EQ(ann.change("third", "fourth").status, 204);
  EXPECT_EQ(ann.change("fourth", "first").status, 204);
  EXPECT_EQ(ann.set(R"("password":"first")").status, 200) << "an admin may";
}

TEST(UniquePasswords, AreOnlyKeptAsLongAsTheyAreLookedAt) {
  Ann ann({.unique_passwords = 2});
  EXPECT_EQ(ann.change("first", "second").status, 204);
  EXPECT_EQ(ann.change("second", "third").status, 204);
  EXPECT_EQ(ann.change("third", "fourth").status, 204);
  const auto kept = [&] {
    return ann.identity.cloud.db().read([](db::Session& session) {
      return session.integer("SELECT COUNT(*) FROM former_passwords");
    });
  };
  EXPECT_EQ(kept(), 2);
  ann.identity.remove("/users/" + ann.id);
  EXPECT_EQ(kept(), 0);
}

TEST(PasswordAge, KeepsUsersFromChangingAtOnceWhatTheyChose) {
  Ann ann({.password_days_min = 2});
  EXPECT_EQ(ann.change("first", "second").status, 204) << "it was given";
  const auto refused = ann.change("second", "third");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.text({"error", "message"}),
            "You cannot change your password at this time due to the minimum password age. Once "
            "you change your password, it must be used for 2 day(s) before it can be changed. "
            "Please try again in 2 day(s) or contact your administrator to reset your password.");
  ann.wait(2 * kDay);
  EXPECT_EQ(ann.change("second", "third").status, 204);
  EXPECT_EQ(ann.set(R"("password":"fourth")").status, 200);
  EXPECT_EQ(ann.change("fourth", "fifth").status, 204) << "it was given again";
}

TEST(PasswordRegex, IsAskedOfNewPasswords) {
  const Compliance rules{.password_regex = R"(^(?=.*\d)(?=.*[a-z]).{4,}$|^first$)"};
  EXPECT_THROW(Ann{rules}, std::runtime_error) << "alternatives stand in no group";
  Ann ann({.password_regex = R"(^(?=.*\d)(?=.*[a-z]).{4,}$)",
           .password_regex_description = "a letter and a digit"});
  EXPECT_EQ(ann.made.status, 400);
  EXPECT_EQ(ann.made.text({"error", "message"}),
            "The password does not match the requirements: a letter and a digit.");
  ann.id = ann.identity.user("bob", "abc1");
  EXPECT_EQ(ann.change("abc1", "abcd").status, 400);
  EXPECT_EQ(ann.change("abc1", "abc2").status, 204);
  EXPECT_EQ(ann.set(R"("password":"abc")").status, 400);
  EXPECT_EQ(ann.set(R"("password":null)").text({"error", "message"}),
            "Password validation error: Password must be a string type.");
  EXPECT_EQ(ann.set(R"("description":"d")").status, 200);
}

TEST(PasswordRegex, WithoutADescriptionSaysNone) {
  Ann ann({.password_regex = "x"});
  EXPECT_EQ(ann.made.text({"error", "message"}),
            "The password does not match the requirements: None.");
}

}  // namespace
}  // namespace haneul::keystone
