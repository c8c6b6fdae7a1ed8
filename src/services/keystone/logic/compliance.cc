#include "services/keystone/logic/compliance.h"

#include <algorithm>

namespace haneul::keystone {
namespace {

constexpr std::int64_t kDayMicros = 86'400'000'000;

Duration days(std::int64_t n) {
  return Duration(n * kDayMicros);
}

}  // namespace

bool too_many_failures(const Compliance& rules, const LoginFailures& failures) {
  return rules.lockout_attempts > 0 && failures.count >= rules.lockout_attempts;
}

bool is_locked(const Compliance& rules, const LoginFailures& failures, Instant now) {
  if (!too_many_failures(rules, failures)) return false;
  return rules.lockout_duration == Duration(0) || failures.last + rules.lockout_duration > now;
}

LoginFailures one_more(const Compliance& rules, const LoginFailures& failures, Instant now) {
  const bool over = too_many_failures(rules, failures) && !is_locked(rules, failures, now);
  return {over ? 1 : failures.count + 1, now};
}

Instant day_of(Instant when) {
  return {when.micros - when.micros % kDayMicros};
}

bool is_inactive(const Compliance& rules, Instant last_active, Instant now) {
  return rules.inactive_days > 0 && day_of(now) - day_of(last_active) >= days(rules.inactive_days);
}

std::optional<Instant> password_end(const Compliance& rules, Instant now) {
  if (rules.password_days == 0) return std::nullopt;
  return (now + days(rules.password_days)).truncated();
}

std::optional<std::int64_t> days_too_young(const Compliance& rules, Instant made, Instant now) {
  const Duration left = made + days(rules.password_days_min) - now;
  if (left <= Duration(0)) return std::nullopt;
  return left.count() / kDayMicros;
}

std::int64_t former_passwords_kept(const Compliance& rules) {
  return std::max<std::int64_t>(rules.unique_passwords, 1);
}

}  // namespace haneul::keystone
