#include "services/keystone/login.h"

#include "services/keystone/dialect.h"
#include "services/keystone/state.h"

namespace haneul::keystone {
namespace {

// Whose failures do not count; they are kept all the same, so that they take as long.
constexpr const char* kNobody = "";

LoginFailures failures_of(db::Session& session, std::string_view user_id) {
  db::Rows rows =
      session.query("SELECT failures, failed_at FROM login_failures WHERE user_id = ?", {user_id});
  if (!rows.next()) return {};
  return {rows.integer(0), rows.instant(1)};
}

bool is_locked_out(const State& state, const User& user, const LoginFailures& failures) {
  return !option_is_set(user.options, "ignore_lockout_failure_attempts") &&
         is_locked(state.options.compliance, failures, state.now());
}

bool may_lock(const State& state) {
  return state.options.compliance.lockout_attempts > 0;
}

void note_failure(const State& state, const std::string& user_id) {
  if (!may_lock(state)) return;
  state.world.db.write([&](db::Transaction& tx) {
    const auto more = one_more(state.options.compliance, failures_of(tx, user_id), state.now());
    forget_failures(tx, user_id);
    tx.execute("INSERT INTO login_failures (user_id, failures, failed_at) VALUES (?, ?, ?)",
               {user_id, more.count, more.last});
  });
}

}  // namespace

bool is_enabled(const State& state, const User& user) {
  if (!user.enabled || option_is_set(user.options, "ignore_user_inactivity")) return user.enabled;
  return !is_inactive(state.options.compliance, user.last_active_at.value_or(user.created_at),
                      state.now());
}

bool password_is_expired(const State& state, const User& user) {
  return user.password_expires_at && *user.password_expires_at <= state.now() &&
         !option_is_set(user.options, "ignore_password_expiry");
}

void check_password(const State& state, const std::optional<User>& user,
                    const std::string& password) {
  const std::string id = user ? user->id : kNobody;
  const bool locked = may_lock(state) && state.world.db.read([&](db::Session& session) {
    const auto failures = failures_of(session, id);
    return user && is_locked_out(state, *user, failures);
  });
  const bool has_hash = user && user->password_hash && !locked;
  const std::string& hash = has_hash ? *user->password_hash : state.dummy_hash;
  if (verify_password(password, hash) && has_hash) return;
  note_failure(state, locked ? kNobody : id);
  throw unauthorized();
}

void note_login(const State& state, const User& user) {
  const Instant today = day_of(state.now());
  const bool has_failed = may_lock(state) && state.world.db.read([&](db::Session& session) {
    return failures_of(session, user.id).count > 0;
  });
  if (!has_failed && user.last_active_at == today) return;
  state.world.db.write([&](db::Transaction& tx) {
    if (is_locked_out(state, user, failures_of(tx, user.id))) throw unauthorized();
    forget_failures(tx, user.id);
    tx.execute("UPDATE users SET last_active_at = ? WHERE id = ?", {today, user.id});
  });
}

void forget_failures(db::Transaction& tx, const std::string& user_id) {
  tx.execute("DELETE FROM login_failures WHERE user_id = ?", {user_id});
}

}  // namespace haneul::keystone
