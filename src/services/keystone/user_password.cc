#include "services/keystone/user_password.h"

#include <fmt/format.h>

#include "services/keystone/dialect.h"
#include "services/keystone/directory_sync.h"
#include "services/keystone/logic/password.h"
#include "services/keystone/state.h"

namespace haneul::keystone {
namespace {

constexpr resource::TextRule kAnyText{.chars_max = 64 * 1024};

http::Response change_password(resource::Call& call, State& state) {
  auto form = call.form("user", true);
  const auto original = form.required_text("original_password", kAnyText);
  const auto wanted = form.required_text("password", kAnyText);
  const auto user = state.world.db.read(
      [&](db::Session& session) { return state.users.find(session, call.param("user_id")); });
  if (const auto right = directory_accepts(state, call.param("user_id"), original)) {
    if (!*right) throw unauthorized();
    throw Fault::forbidden("LDAP does not support write operations");
  }
  const bool has_hash = user && user->password_hash;
  const std::string& hash = has_hash ? *user->password_hash : state.dummy_hash;
  if (!verify_password(original, hash) || !has_hash) throw unauthorized();
  if (!user->enabled) {
    throw Fault::unauthorized(fmt::format("The account is disabled for user: {}.", user->id));
  }
  if (option_is_set(user->options, "lock_password")) {
    throw Fault::bad_request(
        "You cannot change your password at this time due to password policy disallowing password "
        "changes. Please contact your administrator to reset your password.");
  }
  const std::string fresh = new_password_hash(state, wanted);
  state.world.db.write([&](db::Transaction& tx) {
    const auto changed = tx.execute(
        "UPDATE users SET password_hash = ?, password_created_at = ?, password_expires_at = NULL "
        "WHERE id = ? AND password_hash = ?",
        {fresh, state.now(), user->id, *user->password_hash});
    if (changed == 0) throw unauthorized();  // somebody else was quicker
    state.revoke_user(tx, user->id);
    call.record(tx, {.type = "identity.user.updated", .subject = user->id});
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

void add_user_passwords(resource::Service& service, State& state) {
  service.route("POST", "/v3/users/{user_id}/password",
                [&](resource::Call& c) { return change_password(c, state); }, {.open = true});
}

}  // namespace haneul::keystone
