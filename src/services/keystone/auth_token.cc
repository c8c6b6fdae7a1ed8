#include "services/keystone/auth_mapped.h"
#include "services/keystone/dialect.h"
#include "services/keystone/token.h"

// upstream: openstack/keystone:keystone/auth/plugins/token.py
namespace haneul::keystone {
namespace {

void refuse_rescoping(const ValidToken& token, const ScopeWanted& scope) {
  using Kind = ScopeWanted::Kind;
  const bool narrower = scope.kind == Kind::project || scope.kind == Kind::domain;
  if (!token.payload.access_token_id.empty()) {
    throw forbidden_action(
        "Using OAuth-scoped token to create another token. Create a new OAuth-scoped token "
        "instead");
  }
  if (!token.payload.trust_id.empty()) {
    throw forbidden_action(
        "Using trust-scoped token to create another token. Create a new "
        "trust-scoped token instead");
  }
  if (!token.payload.system.empty() && narrower) {
    throw forbidden_action(
        "Using a system-scoped token to create a project-scoped or "
        "domain-scoped token is not allowed.");
  }
  if (!token.payload.thumbprint.empty() && scope.kind != Kind::unspecified) {
    throw forbidden_action(
        "Using a token that is bound to a certificate to create a scoped token is not allowed.");
  }
  if (!token.payload.app_cred_id.empty() && scope.kind != Kind::unspecified) {
    throw forbidden_action(
        "Using an application credential token to create a scoped token is "
        "not allowed.");
  }
}

void by_token(const AuthContext& context, const std::string& text, Identity& who) {
  const auto verdict = context.tokens.judge(text);
  if (!verdict.token) throw Fault::not_found(verdict.reason);
  if (!is_holder(*verdict.token, context.call.request().certificate)) throw unauthorized();
  refuse_rescoping(*verdict.token, context.scope);
  const TokenPayload& old = verdict.token->payload;
  who.is(old.user_id);
  auto& methods = who.claims.methods;
  methods.insert(methods.end(), old.methods.begin(), old.methods.end());
  who.expires(old.expires_at);
  who.parent_audit_id = old.audit_ids.back();
  if (!old.identity_provider_id.empty()) carry_federation(context.state, old, who);
  if (old.app_cred_id.empty() && old.thumbprint.empty()) return;
  who.claims.app_cred_id = old.app_cred_id;
  who.claims.thumbprint = old.thumbprint;
  who.claims.project_id = old.project_id;
  who.scope_is_fixed = true;
}

Proof read(resource::Form& data, const AuthContext& context) {
  return [&context, id = data.required_text("id", kAuthText)](Identity& who) {
    by_token(context, id, who);
  };
}

}  // namespace

const AuthMethod kAuthByToken{"token", read};

}  // namespace haneul::keystone
