#include "services/keystone/auth_method.h"
#include "services/keystone/dialect.h"
#include "services/keystone/directory_sync.h"
#include "services/keystone/logic/password.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/auth/plugins/application_credential.py
namespace haneul::keystone {
namespace {

struct AppCredRef {
  std::string id, name;
  std::optional<std::string> secret;
  std::optional<UserRef> user;
};

AppCredRef read_app_cred(resource::Form& form) {
  AppCredRef cred;
  cred.id = auth_text(form, "id");
  cred.name = auth_text(form, "name");
  cred.secret = form.text("secret", kAuthText);
  if (auto user = form.object("user")) {
    cred.user = read_user_ref(std::move(*user), "identity/application_credential/user");
  }
  if (!cred.id.empty()) return cred;
  if (cred.name.empty()) throw expected("name or ID", "application credential");
  if (!cred.user) throw expected("user", "application credential");
  return cred;
}

ApplicationCredential find_app_cred(const State& state, db::Session& session,
                                    const AppCredRef& ref) {
  if (!ref.id.empty()) {
    auto cred = state.application_credentials.find(session, ref.id);
    if (!cred) throw no_such("Application Credential", ref.id);
    return std::move(*cred);
  }
  const auto user = find_user(state, session, *ref.user);
  if (!user) throw unauthorized();
  resource::Where where;
  where.equals("user_id", user->id).equals("name", ref.name);
  auto cred = state.application_credentials.first(session, where);
  if (!cred) throw unauthorized();
  return std::move(*cred);
}

void by_app_cred(const AuthContext& context, const AppCredRef& ref, Identity& who) {
  State& state = context.state;
  if (context.scope.kind != ScopeWanted::Kind::unspecified) {
    throw Fault::unauthorized(
        "Error authenticating with application credential: Application "
        "credentials cannot request a scope.");
  }
  if (ref.id.empty() && ref.user) sync_named(state, *ref.user);
  const auto cred =
      state.world.db.read([&](db::Session& session) { return find_app_cred(state, session, ref); });
  const bool right = verify_password(ref.secret.value_or(""), cred.secret_hash);
  if (!right || (cred.expires_at && *cred.expires_at <= state.now())) throw unauthorized();
  who.is(cred.user_id);
  who.claims.app_cred_id = cred.id;
  who.claims.project_id = cred.project_id;
  who.scope_is_fixed = true;
  if (cred.expires_at) who.expires(*cred.expires_at);
}

Proof read(resource::Form& data, const AuthContext& context) {
  return [&context, ref = read_app_cred(data)](Identity& who) { by_app_cred(context, ref, who); };
}

}  // namespace

const AuthMethod kAuthByApplicationCredential{"application_credential", read};

}  // namespace haneul::keystone
