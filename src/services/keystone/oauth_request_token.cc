#include "services/keystone/oauth_request_token.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/id.h"
#include "notify/event.h"
#include "resource/field.h"
#include "services/keystone/consumer.h"
#include "services/keystone/delegation.h"
#include "services/keystone/dialect.h"
#include "services/keystone/oauth_request.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/os_oauth1.py
namespace haneul::keystone {
namespace {

using resource::Call;
using resource::field;

constexpr auto kFields = resource::fields(
    field<&OauthRequestToken::id>("id"), field<&OauthRequestToken::secret>("secret").hidden(),
    field<&OauthRequestToken::consumer_id>("consumer_id"),
    field<&OauthRequestToken::project_id>("project_id"),
    field<&OauthRequestToken::expires_at>("expires_at"),
    field<&OauthRequestToken::verifier>("verifier").hidden(),
    field<&OauthRequestToken::authorizing_user_id>("authorizing_user_id"),
    field<&OauthRequestToken::role_ids>("role_ids"));
static_assert(resource::complete<OauthRequestToken>(kFields));

constexpr std::size_t kRolesMax = 1000;

http::Response create(const Call& call, const State& state) {
  const OauthSigned request(call);
  const auto& consumer_id = request.required("oauth_consumer_key");
  const std::string project_id(call.request().headers.get("Requested-Project-Id"));
  if (project_id.empty()) throw expected("Requested-Project-Id", "request");
  const auto consumer = call.db().read([&](db::Session& session) {
    project_or_fault(state, session, project_id);
    return consumer_or_fault(state, session, consumer_id);
  });
  request.check_form({.callback = true});
  if (!request.is_signed_with({consumer.secret, ""})) {
    throw Fault::unauthorized("Invalid signature");
  }
  OauthRequestToken token{.id = new_hex_id(),
                          .secret = new_hex_id(),
                          .consumer_id = consumer.id,
                          .project_id = project_id,
                          .expires_at = oauth_end(state, state.options.request_token_lifetime),
                          .verifier = {},
                          .authorizing_user_id = {},
                          .role_ids = {}};
  call.db().write([&](db::Transaction& tx) {
    consumer_or_fault(state, tx, consumer.id);
    state.request_tokens.insert(tx, token);
    call.record(tx, {.type = "identity.OS-OAUTH1:request_token.created", .subject = token.id});
  });
  return oauth_answer(token.id, token.secret, token.expires_at);
}

struct RoleRef {
  std::string id, name;
};

std::vector<RoleRef> read_roles(Call& call) {
  auto form = call.form("");
  std::vector<RoleRef> roles;
  const json::Array* given = form.array("roles", kRolesMax);
  for (std::size_t i = 0; given && i < given->size(); ++i) {
    auto role = form.item((*given)[i], "roles", i);
    roles.push_back({role.text("id", {.chars_min = 1, .chars_max = 64}).value_or(""),
                     role.text("name", {.chars_min = 1}).value_or("")});
    role.done();
    if (roles.back().id.empty() == roles.back().name.empty()) {
      role.fail({.kind = resource::Problem::Kind::missing, .field = "id"});
    }
  }
  return roles;
}

std::vector<std::string> ids_of(db::Session& session, const std::vector<RoleRef>& roles) {
  std::set<std::string> ids;
  for (const auto& role : roles) {
    if (!role.id.empty()) {
      ids.insert(role.id);
      continue;
    }
    const auto id =
        session.text("SELECT id FROM roles WHERE domain_id = '' AND name = ?", {role.name});
    if (!id) throw no_such("role", role.name);
    ids.insert(*id);
  }
  return {ids.begin(), ids.end()};
}

void refuse_roles_not_held(db::Session& session, const std::string& user_id,
                           const OauthRequestToken& token) {
  const auto graph = RoleGraph::read(session);
  const auto held = graph->closure(
      assigned_roles(session, user_id, {RoleTarget::Kind::project, token.project_id}), true);
  for (const auto& id : token.role_ids) {
    const bool has =
        std::any_of(held.begin(), held.end(), [&](const auto* role) { return role->id == id; });
    if (!has) throw Fault::unauthorized("authorizing user does not have role required");
  }
}

std::string new_verifier() {
  std::string verifier;
  std::string chars(kVerifierChars);
  // No character twice, as upstream draws them; bytes beyond the last multiple are drawn anew.
  while (verifier.size() < kVerifierLength) {
    const auto byte = static_cast<unsigned char>(random_bytes(1).front());
    if (byte >= 256 / chars.size() * chars.size()) continue;
    const auto at = byte % chars.size();
    verifier += chars[at];
    chars.erase(at, 1);
  }
  return verifier;
}

http::Response authorize(Call& call, const State& state) {
  call.enforce("identity:authorize_request_token");
  const auto roles = read_roles(call);
  if (is_delegated(call.caller())) {
    throw Fault::forbidden("Cannot authorize a request token with a token issued via delegation.");
  }
  const auto& user_id = call.caller().user_id.text;
  const std::string verifier = new_verifier();
  call.db().write([&](db::Transaction& tx) {
    auto token = live_request_token(state, tx, call.param("request_token_id"));
    token.role_ids = ids_of(tx, roles);
    refuse_roles_not_held(tx, user_id, token);
    token.authorizing_user_id = user_id;
    token.verifier = verifier;
    state.request_tokens.update(tx, token);
  });
  json::Writer w;
  w.begin_object().key("token").begin_object().member("oauth_verifier", verifier);
  w.end_object().end_object();
  return http::Response::json(200, w.take());
}

void forget_old(const State& state) {
  state.world.db.write([&](db::Transaction& tx) {
    tx.execute("DELETE FROM oauth_request_tokens WHERE expires_at < ?", {state.now()});
  });
}

}  // namespace

constinit const resource::Resource kOauthRequestToken{.singular = "request_token",
                                                      .plural = "request_tokens",
                                                      .path = "/v3/OS-OAUTH1/request_token",
                                                      .table = "oauth_request_tokens",
                                                      .scope = resource::Scope::cloud,
                                                      .policy = {},
                                                      .fields = kFields};

OauthRequestToken live_request_token(const State& state, db::Session& session,
                                     std::string_view id) {
  auto token = state.request_tokens.find(session, id);
  if (!token) throw Fault::not_found("Request token not found");
  if (token->expires_at && state.now() > *token->expires_at) {
    throw Fault::unauthorized("Request token is expired");
  }
  return std::move(*token);
}

http::Response oauth_answer(const std::string& id, const std::string& secret,
                            const std::optional<Instant>& expires_at) {
  http::Response response;
  response.status = 201;
  response.body = fmt::format("oauth_token={}&oauth_token_secret={}", id, secret);
  if (expires_at) response.body += "&oauth_expires_at=" + iso_micros(*expires_at);
  response.headers.set("Content-Type", "application/x-www-form-urlencoded");
  return response;
}

std::optional<Instant> oauth_end(const State& state, Duration lasts) {
  return lasts > Duration(0) ? std::optional(state.now() + lasts) : std::nullopt;
}

void add_oauth_request_tokens(resource::Service& service, State& state) {
  service.route("POST", "/v3/OS-OAUTH1/request_token", [&](Call& c) { return create(c, state); },
                {.open = true});
  service.route("PUT", "/v3/OS-OAUTH1/authorize/{request_token_id}",
                [&](Call& c) { return authorize(c, state); });
  service.every(std::chrono::hours(1), "keystone.forget_old_request_tokens",
                [&state] { forget_old(state); });
}

}  // namespace haneul::keystone
