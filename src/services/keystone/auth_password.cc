#include <fmt/format.h>

#include "services/keystone/auth_method.h"
#include "services/keystone/dialect.h"
#include "services/keystone/directory_sync.h"
#include "services/keystone/logic/password.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/auth/plugins/password.py
namespace haneul::keystone {
namespace {

// An unknown user costs the same time and gets the same answer as a wrong password.
User check_password(State& state, const UserRef& ref) {
  if (const auto user = directory_login(state, ref)) return *user;
  const auto user =
      state.world.db.read([&](db::Session& session) { return find_user(state, session, ref); });
  const bool has_hash = user && user->password_hash;
  const std::string& hash = has_hash ? *user->password_hash : state.dummy_hash;
  const bool right = verify_password(ref.password.value_or(""), hash) && has_hash && ref.password;
  if (!right) throw unauthorized();
  const bool expired = user->password_expires_at && *user->password_expires_at <= state.now() &&
                       !option_is_set(user->options, "ignore_password_expiry");
  if (expired) {
    throw Fault::unauthorized(
        fmt::format("The password is expired and needs to be changed for user: {}.", user->id));
  }
  return *user;
}

Proof read(resource::Form& data, const AuthContext& context) {
  auto user = data.object("user");
  if (!user) throw expected("user", "password");
  return [&state = context.state, ref = read_user_ref(std::move(*user), "identity/password/user")](
             Identity& who) { who.is(check_password(state, ref).id); };
}

}  // namespace

const AuthMethod kAuthByPassword{"password", read};

}  // namespace haneul::keystone
