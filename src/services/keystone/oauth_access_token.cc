#include "services/keystone/oauth_access_token.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/id.h"
#include "notify/event.h"
#include "resource/field.h"
#include "services/keystone/consumer.h"
#include "services/keystone/delegation.h"
#include "services/keystone/dialect.h"
#include "services/keystone/logic/digest.h"
#include "services/keystone/oauth_request.h"
#include "services/keystone/oauth_request_token.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/os_oauth1.py, keystone/api/users.py (OAuth1…)
namespace haneul::keystone {
namespace {

using resource::Call;
using resource::field;

constexpr auto kFields = resource::fields(
    field<&OauthAccessToken::id>("id"), field<&OauthAccessToken::secret>("secret").hidden(),
    field<&OauthAccessToken::consumer_id>("consumer_id"),
    field<&OauthAccessToken::project_id>("project_id"),
    field<&OauthAccessToken::expires_at>("expires_at"),
    field<&OauthAccessToken::authorizing_user_id>("authorizing_user_id"),
    field<&OauthAccessToken::role_ids>("role_ids").hidden());
static_assert(resource::complete<OauthAccessToken>(kFields));

// Which of the things that must be right is wrong, in upstream's words.
void check_request(const OauthSigned& request, const OauthRequestToken& token,
                   const std::optional<Consumer>& consumer) {
  request.check_form({.token = true, .verifier = true});
  if (!consumer) throw Fault::unauthorized("Provided consumer does not exist.");
  if (token.consumer_id != consumer->id) {
    throw Fault::unauthorized("Provided consumer key does not match stored consumer key.");
  }
  if (!token.verifier || !same_secret(*token.verifier, request.get("oauth_verifier"))) {
    throw Fault::unauthorized("Provided verifier does not match stored verifier");
  }
  if (!request.is_signed_with({consumer->secret, token.secret})) {
    throw Fault::unauthorized("Invalid signature");
  }
  if (!token.authorizing_user_id) {
    throw Fault::unauthorized("Request Token does not have an authorizing user id.");
  }
}

// A request token is good once: it goes in the transaction that makes the access token.
http::Response create(const Call& call, const State& state) {
  const OauthSigned request(call);
  const auto& consumer_id = request.required("oauth_consumer_key");
  const auto& request_token_id = request.required("oauth_token");
  request.required("oauth_verifier");
  OauthAccessToken token;
  call.db().write([&](db::Transaction& tx) {
    const auto wish = live_request_token(state, tx, request_token_id);
    check_request(request, wish, state.consumers.find(tx, consumer_id));
    token = {.id = new_hex_id(),
             .secret = new_hex_id(),
             .consumer_id = wish.consumer_id,
             .project_id = wish.project_id,
             .expires_at = oauth_end(state, state.options.access_token_lifetime),
             .authorizing_user_id = *wish.authorizing_user_id,
             .role_ids = wish.role_ids};
    state.access_tokens.insert(tx, token);
    state.request_tokens.remove(tx, wish.id);
    call.record(tx, {.type = "identity.OS-OAUTH1:access_token.created", .subject = token.id});
  });
  return oauth_answer(token.id, token.secret, token.expires_at);
}

void write_one(json::Writer& w, const Call& call, const OauthAccessToken& token) {
  const auto self = fmt::format("{}/users/{}/OS-OAUTH1/access_tokens/{}", v3_url(call),
                                token.authorizing_user_id, token.id);
  w.begin_object().member("id", token.id).member("consumer_id", token.consumer_id);
  w.member("project_id", token.project_id);
  w.member("authorizing_user_id", token.authorizing_user_id).key("expires_at");
  token.expires_at ? w.value(iso_micros(*token.expires_at)) : w.null();
  w.key("links").begin_object().member("roles", self + "/roles").member("self", self);
  w.end_object().end_object();
}

void write_role(json::Writer& w, const Call& call, const Role& role) {
  w.begin_object().member("id", role.id).member("name", role.name);
  w.key("domain_id");
  role.domain_id.empty() ? w.null() : w.value(role.domain_id.text);
  write_self_link(w, call, "/roles/" + role.id);
  w.end_object();
}

void refuse_delegated(const Call& call) {
  if (!is_delegated(call.caller())) return;
  throw Fault::forbidden("Cannot manage OAuth access tokens with a token issued via delegation.");
}

http::Response list(const Call& call, const State& state) {
  call.enforce("identity:list_access_tokens");
  refuse_delegated(call);
  json::Writer w;
  w.begin_object().key("access_tokens").begin_array();
  call.db().read([&](db::Session& session) {
    const auto of_user = resource::Where().equals("authorizing_user_id", call.param("user_id"));
    for (const auto& token : state.access_tokens.list(session, of_user)) write_one(w, call, token);
  });
  w.end_array();
  write_list_links(w, call);
  w.end_object();
  return http::Response::json(200, w.take());
}

// The path's, if it is the path's user's.
OauthAccessToken named(const Call& call, const State& state, db::Session& session) {
  auto token = access_token_or_fault(state, session, call.param("access_token_id"));
  if (token.authorizing_user_id != call.param("user_id")) {
    throw Fault::not_found("Access token not found");
  }
  return token;
}

http::Response show(const Call& call, const State& state) {
  call.enforce("identity:get_access_token");
  refuse_delegated(call);
  const auto token =
      call.db().read([&](db::Session& session) { return named(call, state, session); });
  json::Writer w;
  w.begin_object().key("access_token");
  write_one(w, call, token);
  w.end_object();
  return http::Response::json(200, w.take());
}

http::Response remove(const Call& call, State& state) {
  call.enforce("identity:delete_access_token");
  refuse_delegated(call);
  call.db().write([&](db::Transaction& tx) {
    const auto token = access_token_or_fault(state, tx, call.param("access_token_id"));
    if (token.authorizing_user_id != call.param("user_id")) {
      throw Fault::unauthorized("User IDs do not match");
    }
    remove_access_tokens(state, tx, "id", token.id);
    call.record(tx, {.type = "identity.OS-OAUTH1:access_token.deleted", .subject = token.id});
  });
  return http::Response::empty(204);
}

http::Response list_roles(const Call& call, const State& state) {
  call.enforce("identity:list_access_token_roles");
  json::Writer w;
  w.begin_object().key("roles").begin_array();
  call.db().read([&](db::Session& session) {
    for (const auto& id : named(call, state, session).role_ids) {
      write_role(w, call, role_or_fault(state, session, id));
    }
  });
  w.end_array();
  write_list_links(w, call);
  w.end_object();
  return http::Response::json(200, w.take());
}

http::Response show_role(const Call& call, const State& state) {
  call.enforce("identity:get_access_token_role");
  const auto& id = call.param("role_id");
  json::Writer w;
  w.begin_object().key("role");
  call.db().read([&](db::Session& session) {
    const auto token = access_token_or_fault(state, session, call.param("access_token_id"));
    if (token.authorizing_user_id != call.param("user_id")) {
      throw Fault::unauthorized("User IDs do not match");
    }
    const auto& ids = token.role_ids;
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) throw no_such("role", id);
    write_role(w, call, role_or_fault(state, session, id));
  });
  w.end_object();
  return http::Response::json(200, w.take());
}

}  // namespace

constinit const resource::Resource kOauthAccessToken{.singular = "access_token",
                                                     .plural = "access_tokens",
                                                     .path = "/v3/OS-OAUTH1/access_token",
                                                     .table = "oauth_access_tokens",
                                                     .scope = resource::Scope::cloud,
                                                     .policy = {},
                                                     .fields = kFields};

OauthAccessToken access_token_or_fault(const State& state, db::Session& session,
                                       std::string_view id) {
  auto token = state.access_tokens.find(session, id);
  if (!token) throw Fault::not_found("Access token not found");
  return std::move(*token);
}

bool is_expired(const State& state, const OauthAccessToken& token) {
  return token.expires_at && state.now() > *token.expires_at;
}

std::vector<const RoleGraph::Node*> roles_of_access_token(
    const RoleGraph& graph, const OauthAccessToken& token,
    const std::vector<const RoleGraph::Node*>& users) {
  auto roles = graph.closure(token.role_ids);
  std::erase_if(roles, [&](const auto* role) {
    return std::find(users.begin(), users.end(), role) == users.end();
  });
  return roles;
}

void remove_access_tokens(State& state, db::Transaction& tx, std::string_view column,
                          std::string_view value) {
  const auto where = resource::Where().equals(column, value);
  for (const auto& token : state.access_tokens.list(tx, where)) {
    state.epochs.change_user(tx, token.authorizing_user_id);
  }
  state.access_tokens.remove_where(tx, where);
}

void add_oauth_access_tokens(resource::Service& service, State& state) {
  const std::string all = "/v3/users/{user_id}/OS-OAUTH1/access_tokens";
  const std::string one = all + "/{access_token_id}";
  service.route("POST", "/v3/OS-OAUTH1/access_token", [&](Call& c) { return create(c, state); },
                {.open = true});
  service.route("GET", all, [&](Call& c) { return list(c, state); });
  service.route("GET", one, [&](Call& c) { return show(c, state); });
  service.route("DELETE", one, [&](Call& c) { return remove(c, state); });
  service.route("GET", one + "/roles", [&](Call& c) { return list_roles(c, state); });
  service.route("GET", one + "/roles/{role_id}", [&](Call& c) { return show_role(c, state); });
}

}  // namespace haneul::keystone
