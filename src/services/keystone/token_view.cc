#include <algorithm>

#include "json/writer.h"
#include "services/keystone/access_rule.h"
#include "services/keystone/delegation.h"
#include "services/keystone/directory_copy.h"
#include "services/keystone/federated_user.h"
#include "services/keystone/login.h"
#include "services/keystone/service_provider.h"
#include "services/keystone/state.h"
#include "services/keystone/token.h"

// What a token stands for now, and how "show this token" says it.
// upstream: openstack/keystone:keystone/common/render_token.py, keystone/models/token_model.py
namespace haneul::keystone {
namespace {

using Roles = std::vector<const RoleGraph::Node*>;

// All rows that a token leads to.
struct Facts {
  User user;
  Project user_domain;
  std::optional<Project> project, project_domain, domain;
  std::optional<ApplicationCredential> app_cred;
  std::optional<OauthAccessToken> access_token;
  std::vector<Trust> trusts;               // the chain of a token of a trust
  std::shared_ptr<const RoleGraph> graph;  // keeps the nodes alive
  Roles roles;
};

std::optional<Project> enabled_project(const State& state, db::Session& session,
                                       const std::string& id) {
  auto project = state.projects.find(session, id);
  if (project && !project->enabled) project.reset();
  return project;
}

std::optional<Project> enabled_domain(const State& state, db::Session& session,
                                      const std::string& id) {
  auto domain = enabled_project(state, session, id);
  if (domain && !domain->is_domain) domain.reset();
  return domain;
}

bool find_scope(const State& state, db::Session& session, const TokenPayload& p, Facts& facts) {
  if (!p.project_id.empty()) {
    facts.project = enabled_project(state, session, p.project_id);
    if (!facts.project) return false;
    const bool own = facts.project->domain_id.empty();  // it acts as a domain itself
    facts.project_domain =
        enabled_domain(state, session, own ? p.project_id : facts.project->domain_id);
    return facts.project_domain.has_value();
  }
  if (!p.domain_id.empty()) {
    facts.domain = enabled_domain(state, session, p.domain_id);
    return facts.domain.has_value();
  }
  return true;
}

RoleTarget target_of(const TokenPayload& p) {
  using Kind = RoleTarget::Kind;
  if (!p.system.empty()) return {Kind::system, "system"};
  if (!p.domain_id.empty()) return {Kind::domain, p.domain_id};
  return {Kind::project, p.project_id};
}

// An application credential gives those of its roles that its user still has.
Roles roles_of_app_cred(db::Session& session, const Facts& facts, const Roles& users) {
  Roles both;
  db::Rows rows = session.query(
      "SELECT role_id FROM application_credential_roles WHERE application_credential_id = ?",
      {facts.app_cred->id});
  while (rows.next()) {
    const auto* node = facts.graph->find(rows.text(0));
    if (std::find(users.begin(), users.end(), node) != users.end()) both.push_back(node);
  }
  return both;
}

bool is_unscoped(const TokenPayload& p) {
  return p.system.empty() && p.domain_id.empty() && p.project_id.empty();
}

bool find_roles(State& state, db::Session& session, const TokenPayload& p, std::uint64_t epoch,
                Facts& facts) {
  if (is_unscoped(p)) return true;
  facts.graph = state.role_graph.get(session, epoch);
  if (!facts.trusts.empty()) {
    auto roles = delegated_roles(*facts.graph, session, facts.trusts);
    if (roles) facts.roles = std::move(*roles);
    return roles && !facts.roles.empty();
  }
  facts.roles =
      facts.graph->closure(assigned_roles(session, p.user_id, target_of(p), p.federated_group_ids));
  if (facts.app_cred) facts.roles = roles_of_app_cred(session, facts, facts.roles);
  if (facts.access_token) {
    facts.roles = roles_of_access_token(*facts.graph, *facts.access_token, facts.roles);
  }
  return !facts.roles.empty();
}

bool find_user(const State& state, db::Session& session, const std::string& id, Facts& facts) {
  auto user = state.users.find(session, id);
  if (!user || !is_enabled(state, *user)) return false;
  auto domain = enabled_domain(state, session, user->domain_id);
  if (!domain) return false;
  facts.user = std::move(*user);
  facts.user_domain = std::move(*domain);
  return true;
}

// A federated user is shown as the provider calls it, as long as the provider is there.
bool find_provider(db::Session& session, const TokenPayload& p, Facts& facts) {
  const auto idp =
      session.text("SELECT id FROM identity_providers WHERE id = ?", {p.identity_provider_id});
  if (auto name = display_name(session, p.user_id); !name.empty()) facts.user.name = name;
  return idp.has_value();
}

// Trustor and trustee must both be good; with impersonation the token speaks for the trustor.
bool find_trust(const State& state, db::Session& session, const TokenPayload& p, Facts& facts) {
  facts.trusts = trust_chain(state, session, p.trust_id);
  if (facts.trusts.empty()) return false;
  const Trust& trust = facts.trusts.front();
  if (trust.trustee_user_id != p.user_id || trust.project_id != p.project_id) return false;
  Facts trustor;
  if (!find_user(state, session, trust.trustor_user_id, trustor)) return false;
  TokenPayload as_trustor = p;
  as_trustor.user_id = trust.trustor_user_id;
  if (state.revocations.covers(as_trustor)) return false;
  if (trust.impersonation) {
    facts.user = std::move(trustor.user);
    facts.user_domain = std::move(trustor.user_domain);
  }
  return true;
}

bool find_access_token(const State& state, db::Session& session, const TokenPayload& p,
                       Facts& facts) {
  facts.access_token = state.access_tokens.find(session, p.access_token_id);
  return facts.access_token && facts.access_token->authorizing_user_id == p.user_id &&
         facts.access_token->project_id == p.project_id;
}

std::optional<Facts> find_facts(State& state, db::Session& session, const TokenPayload& p,
                                std::uint64_t epoch) {
  Facts facts;
  if (!find_user(state, session, p.user_id, facts)) return std::nullopt;
  if (!p.identity_provider_id.empty() && !find_provider(session, p, facts)) return std::nullopt;
  if (!p.trust_id.empty() && !find_trust(state, session, p, facts)) return std::nullopt;
  if (!p.app_cred_id.empty()) {
    facts.app_cred = state.application_credentials.find(session, p.app_cred_id);
    if (!facts.app_cred || facts.app_cred->user_id != p.user_id) return std::nullopt;
  }
  if (!p.access_token_id.empty() && !find_access_token(state, session, p, facts)) {
    return std::nullopt;
  }
  if (!find_scope(state, session, p, facts)) return std::nullopt;
  if (!find_roles(state, session, p, epoch, facts)) return std::nullopt;
  return facts;
}

void fill_scope(access::Caller& c, const TokenPayload& p, const Facts& f) {
  if (f.project) {
    c.project_id = access::ProjectId(f.project->id);
    c.project_name = f.project->name;
    c.project_domain_id = access::DomainId(f.project_domain->id);
    c.project_domain_name = f.project_domain->name;
  }
  if (f.domain) {
    c.domain_id = access::DomainId(f.domain->id);
    c.domain_name = f.domain->name;
  }
  c.system_scope = p.system;
}

std::shared_ptr<const access::Caller> make_caller(const TokenPayload& p, const Facts& f) {
  auto c = std::make_shared<access::Caller>();
  c->user_id = access::UserId(f.user.id);
  c->user_name = f.user.name;
  c->user_domain_id = access::DomainId(f.user_domain.id);
  c->user_domain_name = f.user_domain.name;
  fill_scope(*c, p, f);
  for (const auto* role : f.roles) {
    c->roles.push_back(role->name);
    c->role_ids.emplace_back(role->id);
  }
  c->trust_id = access::TrustId(p.trust_id);
  c->app_cred_id = access::AppCredId(p.app_cred_id);
  c->app_cred_restricted = f.app_cred && !f.app_cred->unrestricted;
  c->issued_at = p.issued_at;
  c->expires_at = p.expires_at;
  c->audit_ids = p.audit_ids;
  c->methods = p.methods;
  // One that EC2 gave in exchange for a signature says so by this alone.
  const bool by_oauth = std::find(p.methods.begin(), p.methods.end(), kOauth1) != p.methods.end();
  if (f.access_token && !by_oauth) c->methods.emplace_back(kOauth1);
  return c;
}

void write_named(json::Writer& w, const char* key, const Project& p) {
  w.key(key).begin_object().member("id", p.id).member("name", p.name).end_object();
}

void write_federation(json::Writer& w, const TokenPayload& p) {
  w.key("OS-FEDERATION").begin_object().key("groups").begin_array();
  for (const auto& id : p.federated_group_ids) w.begin_object().member("id", id).end_object();
  w.end_array().key("identity_provider").begin_object();
  w.member("id", p.identity_provider_id).end_object();
  w.key("protocol").begin_object().member("id", p.protocol_id).end_object().end_object();
}

void write_user(json::Writer& w, const TokenPayload& p, const Facts& f) {
  w.key("user").begin_object();
  write_named(w, "domain", f.user_domain);
  w.member("id", f.user.id).member("name", f.user.name);
  if (!p.identity_provider_id.empty()) {
    write_federation(w, p);
    w.end_object();
    return;
  }
  w.key("password_expires_at");
  const auto& expires = f.user.password_expires_at;
  expires ? w.value(iso_micros_naive(*expires)) : w.null();
  w.end_object();
}

void write_scope(json::Writer& w, const TokenPayload& p, const Facts& f) {
  if (!p.system.empty()) w.key("system").begin_object().member("all", true).end_object();
  if (f.domain) write_named(w, "domain", *f.domain);
  if (!f.project) return;
  w.key("project").begin_object();
  write_named(w, "domain", *f.project_domain);
  w.member("id", f.project->id).member("name", f.project->name).end_object();
  if (f.trusts.empty()) w.member("is_domain", f.project->is_domain);
}

void write_app_cred(json::Writer& w, db::Session& session, const ApplicationCredential& c) {
  w.key("application_credential").begin_object();
  w.member("id", c.id).member("name", c.name).member("restricted", !c.unrestricted);
  if (c.has_access_rules) {
    w.key("access_rules").begin_array();
    write_access_rules(w, session, c.id);
    w.end_array();
  }
  w.end_object();
}

void write_trust(json::Writer& w, const Trust& trust) {
  w.key("OS-TRUST:trust").begin_object().member("id", trust.id);
  w.key("trustor_user").begin_object().member("id", trust.trustor_user_id).end_object();
  w.key("trustee_user").begin_object().member("id", trust.trustee_user_id).end_object();
  w.member("impersonation", trust.impersonation).end_object();
}

void write_access_token(json::Writer& w, const OauthAccessToken& token) {
  w.key("OS-OAUTH1").begin_object().member("access_token_id", token.id);
  w.member("consumer_id", token.consumer_id).end_object();
}

std::string write_body(db::Session& session, const TokenPayload& p, const Facts& f) {
  json::Writer w;
  w.reserve(1024);
  w.begin_object().key("token").begin_object().member("methods", p.methods);
  write_user(w, p, f);
  w.member("audit_ids", p.audit_ids).member("expires_at", iso_micros(p.expires_at));
  w.member("issued_at", iso_micros(p.issued_at));
  write_scope(w, p, f);
  if (!is_unscoped(p)) {
    w.key("roles").begin_array();
    for (const auto* role : f.roles) {
      w.begin_object().member("id", role->id).member("name", role->name).end_object();
    }
    w.end_array();
  }
  if (!f.trusts.empty()) write_trust(w, f.trusts.front());
  if (f.access_token) write_access_token(w, *f.access_token);
  if (f.app_cred) write_app_cred(w, session, *f.app_cred);
  if (!p.thumbprint.empty()) {
    w.key("oauth2_credential").begin_object().member("x5t#S256", p.thumbprint).end_object();
  }
  write_service_providers(w, session);
  return w.take();
}

}  // namespace

std::optional<Roles> delegated_roles(const RoleGraph& graph, db::Session& session,
                                     const std::vector<Trust>& chain) {
  const auto held = graph.closure(
      assigned_roles(session, chain.back().trustor_user_id,
                     {RoleTarget::Kind::project, chain.front().project_id.value_or("")}),
      true);
  Roles given;
  for (const auto* role : graph.closure(roles_of_trust(session, chain.front().id), true)) {
    if (std::find(held.begin(), held.end(), role) == held.end()) return std::nullopt;
    if (role->domain_id.empty()) given.push_back(role);
  }
  return given;
}

std::string token_body(const ValidToken& token, bool with_catalog) {
  const bool catalog = with_catalog && token.catalog;
  std::string body;
  body.reserve(token.body.size() + (catalog ? token.catalog->size() : 0) + 16);
  body = token.body;
  if (catalog) body.append(",\"catalog\":").append(*token.catalog);
  return body.append("}}");
}

std::shared_ptr<ValidToken> look_into(State& state, db::Session& session, TokenPayload payload,
                                      Epochs::Stamp stamp) {
  const auto facts = find_facts(state, session, payload, stamp.all);
  if (!facts) return nullptr;
  auto token = std::make_shared<ValidToken>();
  token->caller = make_caller(payload, *facts);
  token->body = write_body(session, payload, *facts);
  if (!is_unscoped(payload)) {
    token->catalog = state.catalog.get(session, stamp.all, payload.project_id, facts->user.id);
  }
  if (facts->app_cred && facts->app_cred->has_access_rules) {
    token->access_rules = access_rules_of(session, facts->app_cred->id);
  }
  token->stamp = stamp;
  if (state.directories.may_exist()) {
    if (const auto entry = mapped(session, payload.user_id, "user")) {
      token->good_until = entry->fetched_at + state.options.identity_cache_time;
    }
  }
  token->payload = std::move(payload);
  return token;
}

}  // namespace haneul::keystone
