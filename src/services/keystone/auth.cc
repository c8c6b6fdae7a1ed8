#include "services/keystone/auth.h"

#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "resource/crud.h"
#include "services/keystone/dialect.h"
#include "services/keystone/domain.h"
#include "services/keystone/state.h"
#include "services/keystone/token.h"

namespace haneul::keystone {
namespace {

constexpr std::string_view kOwnProjects =
    "is_domain = 0 AND id IN (WITH RECURSIVE mine(target_id, inherited) AS ("
    "SELECT target_id, inherited FROM role_assignments WHERE target_kind <> 'system' AND "
    "((actor_kind = 'user' AND actor_id = ?) OR (actor_kind = 'group' AND actor_id IN "
    "(SELECT group_id FROM group_members_now WHERE user_id = ? UNION SELECT value FROM "
    "json_each(?))))), "
    "below(id) AS (SELECT p.id FROM projects p JOIN mine m ON p.parent_id = m.target_id "
    "AND m.inherited = 1 UNION SELECT p.id FROM projects p JOIN below b ON p.parent_id = b.id) "
    "SELECT id FROM below UNION SELECT target_id FROM mine WHERE inherited = 0)";

constexpr std::string_view kOwnDomains =
    "id IN (SELECT target_id FROM role_assignments WHERE target_kind = 'domain' AND inherited = 0 "
    "AND ((actor_kind = 'user' AND actor_id = ?) OR (actor_kind = 'group' AND actor_id IN "
    "(SELECT group_id FROM group_members_now WHERE user_id = ? UNION SELECT value FROM "
    "json_each(?)))))";

// Groups that a federated user's token speaks of.
std::vector<std::string> groups_of_token(const resource::Call& call, Tokens& tokens) {
  const auto verdict = tokens.judge(call.request().headers.get("X-Auth-Token"));
  return verdict.token ? verdict.token->payload.federated_group_ids : std::vector<std::string>();
}

http::Response own_system(resource::Call& call, Tokens& tokens) {
  call.enforce("identity:get_auth_system");
  const auto groups = groups_of_token(call, tokens);
  const auto roles = call.db().read([&](db::Session& session) {
    return assigned_roles(session, call.caller().user_id.text, {RoleTarget::Kind::system, "system"},
                          groups);
  });
  json::Writer w;
  w.begin_object().key("system").begin_array();
  if (!roles.empty()) w.begin_object().member("all", true).end_object();
  w.end_array();
  write_self_link(w, call, "/auth/system");
  w.end_object();
  return http::Response::json(200, w.take());
}

http::Response own_catalog(resource::Call& call, State& state) {
  call.enforce("identity:get_auth_catalog");
  const auto& caller = call.caller();
  if (caller.project_id.empty()) {
    throw Fault::forbidden("You are not authorized to perform the requested action.");
  }
  const auto epoch = state.epochs.all();
  const auto catalog = call.db().read([&](db::Session& session) {
    return state.catalog.get(session, epoch, caller.project_id.text, caller.user_id.text);
  });
  json::Writer w;
  w.begin_object().key("catalog").raw(*catalog);
  write_self_link(w, call, "/auth/catalog");
  w.end_object();
  return http::Response::json(200, w.take());
}

bool is_true(const std::string* text) {
  return text && parse_bool(*text).value_or(false);
}

Duration window_of(const resource::Call& call, const State& state) {
  if (call.request().raw_query.empty()) return {};
  return is_true(call.query().find("allow_expired")) ? state.options.expired_window : Duration{};
}

void refuse_hidden_rules(const resource::Call& call, const ValidToken& token) {
  if (!token.access_rules) return;
  const auto version = parse_real(call.request().headers.get("OpenStack-Identity-Access-Rules"));
  if (!version || *version < 1.0) throw Fault::not_found("Failed to validate token");
}

void ask_policy(const resource::Call& call, const char* rule, const ValidToken& subject) {
  call.enforce(rule, access::PairsTarget{
                         {"target.token.user_id", subject.caller->user_id.text},
                         {"target.token.user.domain.id", subject.caller->user_domain_id.text}});
}

// Upstream looks at the token before it asks whether the caller may know of it.
std::shared_ptr<const ValidToken> subject_of(const resource::Call& call, Tokens& tokens,
                                             Duration window) {
  auto verdict = tokens.judge(call.request().headers.get("X-Subject-Token"), window);
  if (!verdict.token) throw Fault::not_found(verdict.reason);
  return std::move(verdict.token);
}

}  // namespace

http::Response show_token(resource::Call& call, Tokens& tokens, const State& state) {
  const auto subject = subject_of(call, tokens, window_of(call, state));
  refuse_hidden_rules(call, *subject);
  const bool head = call.request().method == "HEAD";
  ask_policy(call, head ? "identity:check_token" : "identity:validate_token", *subject);
  const bool with_catalog = call.request().raw_query.empty() || !call.query().has("nocatalog");
  auto response = http::Response::json(200, token_body(*subject, with_catalog));
  response.headers.set("X-Subject-Token",
                       std::string(call.request().headers.get("X-Subject-Token")));
  return response;
}

http::Response revoke_token(resource::Call& call, Tokens& tokens, State& state) {
  const auto subject = subject_of(call, tokens, {});
  ask_policy(call, "identity:revoke_token", *subject);
  call.db().write([&](db::Transaction& tx) {
    state.revocations.add(tx, Revocations::What::audit, subject->payload.audit_ids.front(),
                          subject->payload.user_id, state.now());
    call.record(tx, {.type = "identity.token.deleted", .subject = subject->payload.user_id});
  });
  return http::Response::empty(204);
}

void add_auth(resource::Service& service, State& state, Tokens& tokens) {
  service.route("POST", "/v3/auth/tokens",
                [&](resource::Call& c) { return issue_token(c, state, tokens); },
                {.open = true, .body = {.slow = true}});
  service.route("GET", "/v3/auth/tokens",
                [&](resource::Call& c) { return show_token(c, tokens, state); });
  service.route("DELETE", "/v3/auth/tokens",
                [&](resource::Call& c) { return revoke_token(c, tokens, state); });
  service.route("GET", "/v3/auth/catalog",
                [&](resource::Call& c) { return own_catalog(c, state); });
  service.route("GET", "/v3/auth/system", [&](resource::Call& c) { return own_system(c, tokens); });
  const auto projects = plain_project_noun();
  const auto domains = plain_domain_noun();
  for (const char* path : {"/v3/auth/projects", "/v3/OS-FEDERATION/projects"}) {
    service.route("GET", path, [&tokens, projects](resource::Call& c) {
      c.enforce("identity:get_auth_projects");
      return list_where(c, *projects,
                        projects_of_user(c.caller().user_id.text, groups_of_token(c, tokens)));
    });
  }
  for (const char* path : {"/v3/auth/domains", "/v3/OS-FEDERATION/domains"}) {
    service.route("GET", path, [&tokens, domains](resource::Call& c) {
      c.enforce("identity:get_auth_domains");
      const auto& user = c.caller().user_id.text;
      const auto groups = json::Writer().value(groups_of_token(c, tokens)).take();
      return list_where(c, *domains, resource::Where().and_(kOwnDomains, {user, user, groups}));
    });
  }
}

resource::Where projects_of_user(const std::string& user_id,
                                 const std::vector<std::string>& more_groups) {
  const auto groups = json::Writer().value(more_groups).take();
  return resource::Where().and_(kOwnProjects, {user_id, user_id, groups});
}

}  // namespace haneul::keystone
