#include <fmt/format.h>

#include "services/keystone/auth_method.h"
#include "services/keystone/dialect.h"
#include "services/keystone/directory_sync.h"
#include "services/keystone/login.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/auth/plugins/password.py
namespace haneul::keystone {
namespace {

User prove(State& state, const UserRef& ref) {
  if (const auto user = directory_login(state, ref)) return *user;
  auto user =
      state.world.db.read([&](db::Session& session) { return find_user(state, session, ref); });
  if (!ref.password) user.reset();
  check_password(state, user, ref.password.value_or(""));
  if (password_is_expired(state, *user)) {
    throw Fault::unauthorized(
        fmt::format("The password is expired and needs to be changed for user: {}.", user->id));
  }
  note_login(state, *user);
  return std::move(*user);
}

Proof read(resource::Form& data, const AuthContext& context) {
  auto user = data.object("user");
  if (!user) throw expected("user", "password");
  return [&state = context.state, ref = read_user_ref(std::move(*user), "identity/password/user")](
             Identity& who) { who.is(prove(state, ref).id); };
}

}  // namespace

const AuthMethod kAuthByPassword{"password", read};

}  // namespace haneul::keystone
