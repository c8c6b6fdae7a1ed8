#include "services/keystone/logic/compliance.h"

#include <gtest/gtest.h>

namespace haneul::keystone {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const Instant kNow = *parse_instant("2026-03-01T12:00:00.5Z");

TEST(Compliance, IsOffByDefault) {
  const Compliance rules;
  EXPECT_FALSE(is_locked(rules, {1'000, kNow}, kNow));
  EXPECT_FALSE(is_inactive(rules, Instant{}, kNow));
  EXPECT_FALSE(password_end(rules, kNow));
  EXPECT_FALSE(days_too_young(rules, kNow, kNow));
}

TEST(Compliance, LocksForAWhileAfterSoManyFailures) {
  Compliance rules;
  rules.lockout_attempts = 3;
  EXPECT_FALSE(is_locked(rules, {2, kNow}, kNow));
  EXPECT_TRUE(is_locked(rules, {3, kNow}, kNow));
  EXPECT_TRUE(is_locked(rules, {3, kNow}, kNow + minutes(30) - Duration(1)));
  EXPECT_FALSE(is_locked(rules, {3, kNow}, kNow + minutes(30)));
  rules.lockout_duration = Duration(0);
  EXPECT_TRUE(is_locked(rules, {3, kNow}, kNow + hours(100'000)));
}

TEST(Compliance, CountsAnewAfterALock) {
  Compliance rules;
  rules.lockout_attempts = 3;
  EXPECT_EQ(one_more(rules, {1, kNow}, kNow + hours(100)).count, 2);
  EXPECT_EQ(one_more(rules, {3, kNow}, kNow).count, 4);
  const auto anew = one_more(rules, {3, kNow}, kNow + minutes(31));
  EXPECT_EQ(anew.count, 1);
  EXPECT_EQ(anew.last, kNow + minutes(31));
}

TEST(Compliance, CountsInactivityInCalendarDays) {
  Compliance rules;
  rules.inactive_days = 2;
  EXPECT_FALSE(is_inactive(rules, *parse_instant("2026-02-28T00:00:00Z"), kNow));
  EXPECT_TRUE(is_inactive(rules, *parse_instant("2026-02-27T23:59:59Z"), kNow));
}

TEST(Compliance, PasswordsEndOnAWholeSecond) {
  Compliance rules;
  rules.password_days = 2;
  EXPECT_EQ(password_end(rules, kNow), parse_instant("2026-03-03T12:00:00Z"));
}

TEST(Compliance, PasswordsMayBeTooYoungToChange) {
  Compliance rules;
  rules.password_days_min = 2;
  EXPECT_EQ(days_too_young(rules, kNow, kNow), 2);
  EXPECT_EQ(days_too_young(rules, kNow, kNow + hours(47)), 0);
  EXPECT_FALSE(days_too_young(rules, kNow, kNow + hours(48)));
}

}  // namespace
}  // namespace haneul::keystone
