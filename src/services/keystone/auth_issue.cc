#include "base/log.h"
#include "notify/journal.h"
#include "services/keystone/auth.h"
#include "services/keystone/auth_request.h"
#include "services/keystone/dialect.h"
#include "services/keystone/logic/mfa.h"
#include "services/keystone/receipt.h"
#include "services/keystone/state.h"
#include "services/keystone/token.h"

// upstream: openstack/keystone:keystone/api/_shared/authentication.py, keystone/auth/core.py
namespace haneul::keystone {
namespace {

std::optional<User> user_of(const State& state, const std::string& id) {
  return state.world.db.read([&](db::Session& session) { return state.users.find(session, id); });
}

TokenPayload token_for(const State& state, const Identity& who, const TokenPayload& scoped) {
  TokenPayload token = who.claims;
  const Instant latest = (state.now() + state.options.token_lifetime).truncated();
  token.expires_at = who.expires_at ? std::min(*who.expires_at, latest) : latest;
  if (!who.parent_audit_id.empty()) token.audit_ids = {who.parent_audit_id};
  if (who.scope_is_fixed) return token;
  token.project_id = scoped.project_id;
  token.domain_id = scoped.domain_id;
  token.system = scoped.system;
  token.trust_id = scoped.trust_id;
  return token;
}

// Without a scope the user's default project is taken if the user has a role there.
std::optional<Tokens::Issued> issue_in_default_project(State& state, Tokens& tokens,
                                                       TokenPayload token) {
  const auto user = user_of(state, token.user_id);
  if (user && user->default_project_id && !user->default_project_id->empty()) {
    TokenPayload scoped = token;
    scoped.project_id = *user->default_project_id;
    if (auto issued = tokens.issue(scoped)) return issued;
  }
  return tokens.issue(std::move(token));
}

}  // namespace

http::Response issue_to(const AuthContext& context, const Identity& who,
                        const TokenPayload& scoped) {
  auto& [call, state, tokens, scope] = context;
  TokenPayload token = token_for(state, who, scoped);
  check_trust(state, token);
  const bool anywhere = scope.kind == ScopeWanted::Kind::unspecified && !who.scope_is_fixed &&
                        who.claims.identity_provider_id.empty();
  const auto issued = anywhere ? issue_in_default_project(state, tokens, std::move(token))
                               : tokens.issue(std::move(token));
  if (!issued) throw unauthorized();
  if (const auto& trust = issued->token->payload.trust_id; !trust.empty()) {
    consume_trust(state, trust);
  }
  const bool with_catalog = !call.query().has("nocatalog");
  auto response = http::Response::json(201, token_body(*issued->token, with_catalog));
  response.headers.set("X-Subject-Token", issued->text);
  return response;
}

namespace {

// Who logs in, or tries to. What cannot be written down is no reason to keep people out.
// upstream: openstack/keystone:keystone/notifications.py (CadfNotificationWrapper)
void record_login(resource::Call& call, const Identity& who, const std::string& failure) {
  notify::Event event{
      .type = "identity.authenticate", .subject = who.claims.user_id, .success = failure.empty()};
  event.details.set("methods", json::Array(who.claims.methods.begin(), who.claims.methods.end()));
  if (!failure.empty()) event.details.set("reason", failure);
  notify::Initiator by = call.initiator();
  if (by.user_id.empty()) by.user_id = who.claims.user_id;
  try {
    call.db().write([&](db::Transaction& tx) { call.world().journal.add(tx, event, by); });
  } catch (const db::Error& error) {
    log::warning("a login is missing in the history", {{"why", error.what()}});
  }
}

// A token, or a receipt where the user's rules ask for more.
http::Response answer_to(const AuthContext& context, const Identity& who,
                         const TokenPayload& scoped) {
  const State& state = context.state;
  const auto user = user_of(state, who.claims.user_id);
  if (!user) throw unauthorized();
  if (mfa_satisfied(user->options, who.claims.methods, state.auth_methods)) {
    return issue_to(context, who, scoped);
  }
  return give_receipt(state, *user, who.claims.methods);
}

}  // namespace

http::Response log_in(const AuthContext& context, std::vector<std::string> methods,
                      const std::vector<Proof>& proofs, const TokenPayload* scoped) {
  Identity who;
  who.claims.methods = std::move(methods);
  try {
    for (const Proof& proof : proofs) proof(who);
    if (who.claims.user_id.empty() || !scoped) throw unauthorized();
    take_receipt(context.state, context.call.request().headers, who.claims);
    auto response = answer_to(context, who, *scoped);
    record_login(context.call, who, response.status == 201 ? "" : "Insufficient auth methods");
    return response;
  } catch (const Fault& fault) {
    record_login(context.call, who, fault.name().empty() ? fault.message() : fault.name());
    throw;
  }
}

http::Response issue_for(const AuthContext& context, const AuthRequest& request) {
  TokenPayload scoped;
  const bool scope_exists = apply_scope(context.state, context.scope, scoped);
  return log_in(context, request.methods, request.proofs, scope_exists ? &scoped : nullptr);
}

http::Response issue_token(resource::Call& call, State& state, Tokens& tokens) {
  ScopeWanted scope;
  const AuthContext context{call, state, tokens, scope};
  return issue_for(context, read_auth(context, scope));
}

}  // namespace haneul::keystone
