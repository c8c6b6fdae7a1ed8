#include "services/keystone/auth_scope.h"

#include "services/keystone/dialect.h"
#include "services/keystone/login.h"
#include "services/keystone/state.h"
#include "services/keystone/token.h"

// upstream: openstack/keystone:keystone/auth/core.py
namespace haneul::keystone {
namespace {

using ScopeKind = ScopeWanted::Kind;

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

}  // namespace

ScopeWanted read_scope(const resource::Call& call, const json::Value& value) {
  const auto wrong = [] {
    return expected("system, project, domain, OS-TRUST:trust or unscoped", "scope");
  };
  if (value.text()) {
    if (*value.text() != "unscoped") throw wrong();
    return {.kind = ScopeKind::unscoped};
  }
  resource::Form form(call.dialect(), value, "scope");
  int given = 0;
  for (const auto* key : {"project", "domain", "unscoped", "system", "OS-TRUST:trust"}) {
    given += form.has(key) ? 1 : 0;
  }
  if (given != 1) throw wrong();
  if (form.has("unscoped")) return {.kind = ScopeKind::unscoped};
  if (auto project = form.object("project")) {
    return {.kind = ScopeKind::project, .project = read_project_ref(std::move(*project))};
  }
  if (auto domain = form.object("domain")) {
    return {.kind = ScopeKind::domain,
            .domain = read_domain_ref(std::move(*domain), "scope/domain")};
  }
  if (auto trust = form.object("OS-TRUST:trust")) {
    return {.kind = ScopeKind::trust, .trust_id = auth_text(*trust, "id")};
  }
  form.object("system");
  return {.kind = ScopeKind::system};
}

bool apply_scope(const State& state, const ScopeWanted& scope, TokenPayload& token) {
  return state.world.db.read([&](db::Session& session) {
    if (scope.kind == ScopeKind::system) token.system = "all";
    if (scope.kind == ScopeKind::project) {
      const auto project = find_project(state, session, scope.project);
      if (!project) return false;
      token.project_id = project->id;
    }
    if (scope.kind == ScopeKind::domain) {
      const auto domain = find_domain(state, session, scope.domain);
      if (!domain) return false;
      token.domain_id = domain->id;
    }
    if (scope.kind == ScopeKind::trust) return apply_trust(state, session, scope.trust_id, token);
    return true;
  });
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
    if (!trustor || !is_enabled(state, *trustor)) throw Fault::forbidden("Trustor is disabled.");
    if (!delegated_roles(*state.role_graph.get(session, epoch), session, chain)) {
      throw Fault::forbidden("Trustee has no delegated roles.");
    }
  });
}

}  // namespace haneul::keystone
