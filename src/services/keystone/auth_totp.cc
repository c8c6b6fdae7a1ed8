#include "services/keystone/auth_method.h"
#include "services/keystone/credential.h"
#include "services/keystone/dialect.h"
#include "services/keystone/logic/totp.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/auth/plugins/totp.py
namespace haneul::keystone {
namespace {

constexpr std::int64_t kCredentialsMax = 100;

// A passcode that has not been used yet, and the credential it is of.
struct Use {
  std::string credential_id;
  std::int64_t step = 0;
};

std::vector<Credential> totp_credentials(const State& state, db::Session& session,
                                         const std::string& user_id) {
  resource::Page page;
  page.where.equals("user_id", user_id).equals("type", "totp");
  page.limit = kCredentialsMax;
  return state.credentials.list(session, page);
}

std::optional<Use> find_use(const State& state, const std::string& user_id,
                            std::string_view passcode) {
  const auto credentials = state.world.db.read(
      [&](db::Session& session) { return totp_credentials(state, session, user_id); });
  for (const auto& credential : credentials) {
    const auto secret = totp_secret(blob_of(state, credential));
    if (!secret) continue;
    const auto step =
        totp_step_of(*secret, passcode, state.now(), state.options.totp_previous_steps);
    if (step && *step > credential.totp_step) return Use{credential.id, *step};
  }
  return std::nullopt;
}

// Whoever comes first with a passcode has it.
bool spend(const State& state, const Use& use) {
  return state.world.db.write([&](db::Transaction& tx) {
    return tx.execute("UPDATE credentials SET totp_step = ?1 WHERE id = ?2 AND totp_step < ?1",
                      {use.step, use.credential_id});
  }) > 0;
}

void by_totp(const State& state, const UserRef& ref, const std::string& passcode, Identity& who) {
  const auto user =
      state.world.db.read([&](db::Session& session) { return find_user(state, session, ref); });
  if (!user) throw unauthorized();
  who.is(user->id);
  const auto use = find_use(state, user->id, passcode);
  if (!use || !spend(state, *use)) throw unauthorized();
}

// What is no text is a wrong passcode.
std::string read_passcode(resource::Form& user) {
  const json::Value* passcode = user.any("passcode");
  return passcode && passcode->text() ? *passcode->text() : std::string();
}

Proof read(resource::Form& data, const AuthContext& context) {
  auto user = data.object("user");
  if (!user) throw expected("user", "totp");
  const std::string passcode = read_passcode(*user);
  return [&state = context.state, ref = read_user_ref(std::move(*user), ""),
          passcode](Identity& who) { by_totp(state, ref, passcode, who); };
}

}  // namespace

const AuthMethod kAuthByTotp{"totp", read};

}  // namespace haneul::keystone
