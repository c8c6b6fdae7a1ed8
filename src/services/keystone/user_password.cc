#include "services/keystone/user_password.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/keystone/dialect.h"
#include "services/keystone/directory_sync.h"
#include "services/keystone/logic/password.h"
#include "services/keystone/login.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/identity/core.py, identity/backends/sql.py
namespace haneul::keystone {
namespace {

constexpr resource::TextRule kAnyText{.chars_max = 64 * 1024};

void keep_former(const State& state, db::Transaction& tx, const User& user) {
  if (!user.password_hash) return;
  const Instant now = state.now();
  tx.execute(
      "INSERT INTO former_passwords (user_id, password_hash, created_at, expires_at, self_service) "
      "VALUES (?, ?, ?, ?, ?)",
      {user.id, *user.password_hash, user.password_created_at.value_or(user.created_at),
       std::min(user.password_expires_at.value_or(now), now), user.password_self_service});
  tx.execute(
      "DELETE FROM former_passwords WHERE user_id = ?1 AND id NOT IN "
      "(SELECT id FROM former_passwords WHERE user_id = ?1 ORDER BY id DESC LIMIT ?2)",
      {user.id, former_passwords_kept(state.options.compliance)});
}

// A creator's options are not there yet when the password is set.
std::optional<Instant> end_of_new(const State& state, const User& user, PasswordGiver giver) {
  const Compliance& rules = state.options.compliance;
  const auto is_exempt = [&](const char* option) {
    return giver != PasswordGiver::creator && option_is_set(user.options, option);
  };
  const bool is_for_one_use = giver != PasswordGiver::user && rules.change_upon_first_use;
  if (is_for_one_use && !is_exempt("ignore_change_password_upon_first_use")) return state.now();
  if (is_exempt("ignore_password_expiry")) return std::nullopt;
  return password_end(rules, state.now());
}

void refuse_locked_or_young(const State& state, const User& user) {
  if (option_is_set(user.options, "lock_password")) {
    throw Fault::bad_request(
        "You cannot change your password at this time due to password policy disallowing password "
        "changes. Please contact your administrator to reset your password.");
  }
  if (!user.password_self_service) return;
  const Compliance& rules = state.options.compliance;
  const auto left =
      days_too_young(rules, user.password_created_at.value_or(user.created_at), state.now());
  if (!left) return;
  throw Fault::bad_request(fmt::format(
      "You cannot change your password at this time due to the minimum password age. Once you "
      "change your password, it must be used for {} day(s) before it can be changed. Please try "
      "again in {} day(s) or contact your administrator to reset your password.",
      rules.password_days_min, *left));
}

// Outside of transactions: each comparison takes as long as a login.
void refuse_known(const State& state, const User& user, const std::string& wanted) {
  const auto unique = state.options.compliance.unique_passwords;
  if (unique == 0) return;
  std::vector<std::string> known = {user.password_hash.value_or("")};
  state.world.db.read([&](db::Session& session) {
    db::Rows rows = session.query(
        "SELECT password_hash FROM former_passwords WHERE user_id = ? ORDER BY id DESC LIMIT ?",
        {user.id, unique - 1});
    while (rows.next()) known.push_back(rows.string(0));
  });
  const bool is_known = std::any_of(known.begin(), known.end(), [&](const std::string& hash) {
    return verify_password(wanted, hash);
  });
  if (!is_known) return;
  throw Fault::bad_request(
      fmt::format("The new password cannot be identical to a previous password. The total number "
                  "which includes the new password must be unique is {}.",
                  unique));
}

// Who has the old password; an expired one will do.
User prove_user(const State& state, const std::string& id, const std::string& original) {
  auto user =
      state.world.db.read([&](db::Session& session) { return state.users.find(session, id); });
  check_password(state, user, original);
  if (!is_enabled(state, *user)) {
    throw Fault::unauthorized(fmt::format("The account is disabled for user: {}.", user->id));
  }
  if (!password_is_expired(state, *user)) note_login(state, *user);
  return std::move(*user);
}

http::Response change_password(resource::Call& call, State& state) {
  auto form = call.form("user", true);
  const auto original = form.required_text("original_password", kAnyText);
  const auto wanted = form.required_text("password", kAnyText);
  if (const auto right = directory_accepts(state, call.param("user_id"), original)) {
    if (!*right) throw unauthorized();
    throw Fault::forbidden("LDAP does not support write operations");
  }
  const User user = prove_user(state, call.param("user_id"), original);
  validate_password(state, wanted);
  refuse_locked_or_young(state, user);
  refuse_known(state, user, wanted);
  std::string hash = new_password_hash(state, wanted);
  state.world.db.write([&](db::Transaction& tx) {
    auto fresh = state.users.find(tx, user.id);
    // Somebody else was quicker.
    if (!fresh || fresh->password_hash != user.password_hash) throw unauthorized();
    set_password(state, tx, *fresh, std::move(hash), PasswordGiver::user);
    state.users.update(tx, *fresh);
    state.revoke_user(tx, user.id);
    call.record(tx, {.type = "identity.user.updated", .subject = user.id});
  });
  return http::Response::empty(204);
}

}  // namespace

std::string new_password_hash(const State& state, const std::string& password) {
  if (password.size() > state.options.password_bytes_max) {
    throw Fault::forbidden(fmt::format(
        "The password length must be less than or equal to {}. The server could not comply with "
        "the request because the password is invalid.",
        state.options.password_bytes_max));
  }
  auto hash = hash_password(password, state.password_options);
  if (!hash) throw Fault::bad_request("Password validation error: it contains a null character.");
  return std::move(*hash);
}

void validate_password(const State& state, const std::optional<std::string>& password) {
  const Compliance& rules = state.options.compliance;
  if (rules.password_regex.empty()) return;
  if (!password) {
    throw Fault::bad_request("Password validation error: Password must be a string type.");
  }
  if (state.password_pattern.fits(*password)) return;
  const auto& description = rules.password_regex_description;
  throw Fault::bad_request(fmt::format("The password does not match the requirements: {}.",
                                       description.empty() ? "None" : description));
}

void set_password(const State& state, db::Transaction& tx, User& user,
                  std::optional<std::string> hash, PasswordGiver giver) {
  keep_former(state, tx, user);
  user.password_hash = std::move(hash);
  user.password_created_at = state.now();
  user.password_expires_at = end_of_new(state, user, giver);
  user.password_self_service = giver == PasswordGiver::user;
}

void add_user_passwords(resource::Service& service, State& state) {
  service.route("POST", "/v3/users/{user_id}/password",
                [&](resource::Call& c) { return change_password(c, state); },
                {.open = true, .body = {.slow = true}});
}

}  // namespace haneul::keystone
