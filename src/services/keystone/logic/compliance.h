#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"

namespace haneul::keystone {

// `[security_compliance]`; 0 is off. Days are of 24 hours.
// upstream: openstack/keystone:keystone/conf/security_compliance.py
struct Compliance {
  std::int64_t inactive_days = 0;     // without a login, after which an account counts as disabled
  std::int64_t lockout_attempts = 0;  // wrong passwords that lock an account
  Duration lockout_duration = std::chrono::minutes(30);  // 0: until somebody enables the account
  std::int64_t password_days = 0;                        // that a new password is good
  std::int64_t unique_passwords = 0;                     // the newest, a new one among them
  std::int64_t password_days_min = 0;                    // before a user may change it again
  std::string password_regex;                            // empty: any password
  std::string password_regex_description;
  bool change_upon_first_use = false;  // a password that another has set is good for one change
};

// Wrong passwords since the last right one.
struct LoginFailures {
  std::int64_t count = 0;
  Instant last;
};

// Whether so many failures reach the limit, however long ago.
bool too_many_failures(const Compliance& rules, const LoginFailures& failures);
bool is_locked(const Compliance& rules, const LoginFailures& failures, Instant now);
// What a wrong password makes of them: a lock that is over begins anew.
LoginFailures one_more(const Compliance& rules, const LoginFailures& failures, Instant now);

// 00:00 of the day: activity is kept in days.
Instant day_of(Instant when);
bool is_inactive(const Compliance& rules, Instant last_active, Instant now);

// When a password that is set at `now` is good no longer: a whole second.
std::optional<Instant> password_end(const Compliance& rules, Instant now);
// Whole days until a password may be changed by its user; nothing if it may be now.
std::optional<std::int64_t> days_too_young(const Compliance& rules, Instant made, Instant now);
// How many former passwords are worth keeping.
std::int64_t former_passwords_kept(const Compliance& rules);

}  // namespace haneul::keystone
