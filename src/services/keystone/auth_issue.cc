#include <fmt/format.h>

#include "base/log.h"
#include "services/keystone/auth.h"
#include "services/keystone/auth_request.h"
#include "services/keystone/dialect.h"
#include "services/keystone/logic/mfa.h"
#include "services/keystone/logic/password.h"
#include "services/keystone/state.h"
#include "services/keystone/token.h"

// upstream: openstack/keystone:keystone/api/_shared/authentication.py, keystone/auth/core.py
namespace haneul::keystone {
namespace {

using resource::Where;

// Who the methods together say it is. They must agree.
struct Identity {
  std::string user_id;
  std::vector<std::string> methods;
  std::optional<Instant> expires_at;  // the earliest of those given
  std::string parent_audit_id, app_cred_id;
  std::string project_id;  // that an application credential is bound to

  void is(const std::string& user) {
    if (!user_id.empty() && user_id != user) throw unauthorized();
    user_id = user;
  }
};

std::optional<Project> find_domain(const State& state, db::Session& session, const DomainRef& ref) {
  Where where;
  where.equals("is_domain", true).equals("enabled", true);
  where.equals(ref.name.empty() ? "id" : "name", ref.name.empty() ? ref.id : ref.name);
  return state.projects.first(session, where);
}

std::optional<Project> find_project(const State& state, db::Session& session,
                                    const ProjectRef& ref) {
  std::optional<Project> project;
  if (ref.name.empty()) {
    project = state.projects.find(session, ref.id);
  } else if (const auto domain = find_domain(state, session, *ref.domain)) {
    Where where;
    where.equals("domain_id", domain->id).equals("name", ref.name);
    project = state.projects.first(session, where);
  }
  return project && project->enabled ? project : std::nullopt;
}

// The user, if it and its domain exist and are enabled.
std::optional<User> find_user(const State& state, db::Session& session, const UserRef& ref) {
  std::optional<User> user;
  DomainRef domain;
  if (ref.name.empty()) {
    user = state.users.find(session, ref.id);
    if (user) domain.id = user->domain_id;
  } else if (const auto found = find_domain(state, session, *ref.domain)) {
    domain.id = found->id;
    Where where;
    where.equals("domain_id", found->id).equals("name", ref.name);
    user = state.users.first(session, where);
  }
  if (!user || !user->enabled || !find_domain(state, session, domain)) return std::nullopt;
  return user;
}

// An unknown user costs the same time and gets the same answer as a wrong password.
User check_password(State& state, const UserRef& ref) {
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

void refuse_rescoping(const ValidToken& token, const ScopeWanted& scope) {
  using Kind = ScopeWanted::Kind;
  const bool narrower = scope.kind == Kind::project || scope.kind == Kind::domain;
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
  if (!token.payload.app_cred_id.empty() && scope.kind != Kind::unspecified) {
    throw forbidden_action(
        "Using an application credential token to create a scoped token is "
        "not allowed.");
  }
}

void by_token(Tokens& tokens, const AuthRequest& request, Identity& who) {
  const auto verdict = tokens.judge(request.token_id);
  if (!verdict.token) throw Fault::not_found(verdict.reason);
  refuse_rescoping(*verdict.token, request.scope);
  const TokenPayload& old = verdict.token->payload;
  who.is(old.user_id);
  who.methods.insert(who.methods.end(), old.methods.begin(), old.methods.end());
  who.expires_at = old.expires_at;
  who.parent_audit_id = old.audit_ids.back();
  who.app_cred_id = old.app_cred_id;
  if (!old.app_cred_id.empty()) who.project_id = old.project_id;
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
  Where where;
  where.equals("user_id", user->id).equals("name", ref.name);
  auto cred = state.application_credentials.first(session, where);
  if (!cred) throw unauthorized();
  return std::move(*cred);
}

void by_app_cred(State& state, const AuthRequest& request, Identity& who) {
  if (request.scope.kind != ScopeWanted::Kind::unspecified) {
    throw Fault::unauthorized(
        "Error authenticating with application credential: Application "
        "credentials cannot request a scope.");
  }
  const auto cred = state.world.db.read(
      [&](db::Session& session) { return find_app_cred(state, session, request.app_cred); });
  const bool right = verify_password(request.app_cred.secret.value_or(""), cred.secret_hash);
  if (!right || (cred.expires_at && *cred.expires_at <= state.now())) throw unauthorized();
  who.is(cred.user_id);
  who.app_cred_id = cred.id;
  who.project_id = cred.project_id;
  if (cred.expires_at) who.expires_at = cred.expires_at;
}

Identity identify(State& state, Tokens& tokens, const AuthRequest& request) {
  Identity who;
  who.methods = request.methods;
  if (request.has("token")) by_token(tokens, request, who);
  if (request.has("application_credential")) by_app_cred(state, request, who);
  if (request.has("password")) who.is(check_password(state, request.user).id);
  if (who.user_id.empty()) throw unauthorized();
  return who;
}

void refuse_too_few_methods(const State& state, const Identity& who) {
  const auto user = state.world.db.read(
      [&](db::Session& session) { return state.users.find(session, who.user_id); });
  if (!user || !mfa_satisfied(user->options, who.methods)) {
    throw Fault::unauthorized(
        fmt::format("Insufficient auth methods received for {}. Auth Methods Provided: [{}].",
                    who.user_id, fmt::join(who.methods, ",")));
  }
}

// Nothing tells a trust that cannot be used from one that is not there.
bool apply_trust(const State& state, db::Session& session, const std::string& id,
                 TokenPayload& token) {
  const auto chain = trust_chain(state, session, id);
  if (chain.empty() || chain.front().remaining_uses.value_or(1) <= 0) return false;
  if (!chain.front().project_id) return false;
  token.trust_id = id;
  token.project_id = *chain.front().project_id;
  const auto project = state.projects.find(session, token.project_id);
  return project && project->enabled;
}

// What a trust no longer gives is forbidden, not unauthorized.
void check_trust(State& state, const TokenPayload& token) {
  if (token.trust_id.empty()) return;
  const auto epoch = state.epochs.all();
  state.world.db.read([&](db::Session& session) {
    const auto chain = trust_chain(state, session, token.trust_id);
    if (chain.empty()) throw unauthorized();
    const Trust& trust = chain.front();
    if (trust.trustee_user_id != token.user_id) throw Fault::forbidden("User is not a trustee.");
    const auto trustor = state.users.find(session, trust.trustor_user_id);
    if (!trustor || !trustor->enabled) throw Fault::forbidden("Trustor is disabled.");
    if (!delegated_roles(*state.role_graph.get(session, epoch), session, chain)) {
      throw Fault::forbidden("Trustee has no delegated roles.");
    }
  });
}

// Puts what the scope names into the token; false if there is no such thing.
bool apply_scope(const State& state, const ScopeWanted& scope, TokenPayload& token) {
  using Kind = ScopeWanted::Kind;
  return state.world.db.read([&](db::Session& session) {
    if (scope.kind == Kind::system) token.system = "all";
    if (scope.kind == Kind::project) {
      const auto project = find_project(state, session, scope.project);
      if (!project) return false;
      token.project_id = project->id;
    }
    if (scope.kind == Kind::domain) {
      const auto domain = find_domain(state, session, scope.domain);
      if (!domain) return false;
      token.domain_id = domain->id;
    }
    if (scope.kind == Kind::trust) return apply_trust(state, session, scope.trust_id, token);
    return true;
  });
}

TokenPayload token_for(const State& state, const Identity& who) {
  TokenPayload token;
  token.user_id = who.user_id;
  token.methods = who.methods;
  token.app_cred_id = who.app_cred_id;
  token.project_id = who.project_id;
  const Instant latest = (state.now() + state.options.token_lifetime).truncated();
  token.expires_at = who.expires_at ? std::min(*who.expires_at, latest) : latest;
  if (!who.parent_audit_id.empty()) token.audit_ids = {who.parent_audit_id};
  return token;
}

// Without a scope the user's default project is taken if the user has a role there.
std::optional<Tokens::Issued> issue_in_default_project(State& state, Tokens& tokens,
                                                       TokenPayload token) {
  const auto user = state.world.db.read(
      [&](db::Session& session) { return state.users.find(session, token.user_id); });
  if (user && user->default_project_id && !user->default_project_id->empty()) {
    TokenPayload scoped = token;
    scoped.project_id = *user->default_project_id;
    if (auto issued = tokens.issue(scoped)) return issued;
  }
  return tokens.issue(std::move(token));
}

}  // namespace

http::Response issue_token(resource::Call& call, State& state, Tokens& tokens) {
  const AuthRequest request = read_auth(call);
  TokenPayload scoped;
  const bool scope_exists = apply_scope(state, request.scope, scoped);
  const Identity who = identify(state, tokens, request);
  if (!scope_exists) throw unauthorized();
  refuse_too_few_methods(state, who);
  TokenPayload token = token_for(state, who);
  if (token.app_cred_id.empty()) {
    token.project_id = scoped.project_id;
    token.domain_id = scoped.domain_id;
    token.system = scoped.system;
    token.trust_id = scoped.trust_id;
  }
  check_trust(state, token);
  const bool anywhere =
      request.scope.kind == ScopeWanted::Kind::unspecified && !token.app_cred_id.size();
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

}  // namespace haneul::keystone
