#include "services/keystone/federation.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/id.h"
#include "base/text.h"
#include "services/keystone/assertion.h"
#include "services/keystone/auth_mapped.h"
#include "services/keystone/dialect.h"
#include "services/keystone/saml_login.h"
#include "services/keystone/state.h"
#include "services/keystone/websso.h"

namespace haneul::keystone {
namespace {

using resource::Call;

struct Federation {
  State& state;
  Tokens& tokens;
};

http::Response authenticate(Call& call, const Federation& f) {
  const auto &idp = call.param("idp_id"), &protocol = call.param("protocol_id");
  auto assertion = assertion_of(call, f.state, idp, protocol);
  if (SamlProvider* provider = f.state.saml.find(idp, protocol); provider && assertion.empty()) {
    assertion = take_saml_session(call, idp, protocol);
    const bool may_go = call.request().method == "GET";
    if (assertion.empty() && may_go) {
      return begin_saml_login(call, f.state, *provider, idp, protocol, {});
    }
  }
  return enter(call, f.state, f.tokens, idp, protocol, assertion);
}

// Web single sign-on ----------------------------------------------------------------------------

// The dashboard that sent the browser here, if it is one to be trusted with tokens.
std::string origin_of(const Call& call, const Options& options) {
  const std::string* origin = call.query().find("origin");
  if (!origin || origin->empty()) {
    throw Fault::bad_request("Request must have an origin query parameter");
  }
  const auto host = percent_decode(*origin, true).value_or(*origin);
  const auto& trusted = options.trusted_dashboards;
  const bool known = std::any_of(trusted.begin(), trusted.end(), [&](const std::string& one) {
    return with_lower_host(one) == host;
  });
  if (!known) throw Fault::unauthorized(host + " is not a trusted dashboard host");
  return host;
}

constexpr std::string_view kCallback = "/v3/auth/OS-FEDERATION/openid/callback";

// To the provider, with all that has to come back sealed in the state; a cookie binds it to the
// browser that began.
http::Response send_to_provider(const Call& call, const Federation& f, OidcProvider& provider,
                                PendingLogin login) {
  login.cookie = new_hex_id() + new_hex_id();
  login.nonce = new_hex_id();
  login.code_verifier = new_hex_id() + new_hex_id();
  login.redirect_uri = call.service_url() + std::string(kCallback);
  const auto sealed = seal(f.state, login);
  const auto url =
      provider.login_url({sealed, login.nonce, login.code_verifier, login.redirect_uri});
  if (!url) throw Fault::unavailable(url.reason());
  auto response = http::Response::empty(302);
  response.headers.set("Location", *url);
  response.headers.set("Cache-Control", "no-store");
  response.headers.set(
      "Set-Cookie",
      fmt::format("{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age=600{}", kLoginCookie,
                  login.cookie, call.base_url().starts_with("https:") ? "; Secure" : ""));
  return response;
}

http::Response sign_on(Call& call, const Federation& f, const std::string& idp,
                       const std::string& protocol) {
  const auto origin = origin_of(call, f.state.options);
  const auto assertion = assertion_of(call, f.state, idp, protocol);
  OidcProvider* provider = f.state.oidc.find(idp, protocol);
  if (provider && assertion.empty()) {
    return send_to_provider(call, f, *provider,
                            {.idp = idp, .protocol = protocol, .origin = origin});
  }
  if (SamlProvider* saml = f.state.saml.find(idp, protocol); saml && assertion.empty()) {
    return begin_saml_login(call, f.state, *saml, idp, protocol, origin);
  }
  return hand_over(origin, enter(call, f.state, f.tokens, idp, protocol, assertion));
}

// The provider that what came with the request names, of all that have the protocol.
std::string provider_of(const Call& call, const Federation& f, const std::string& protocol_id) {
  const auto assertion = assertion_of_proxy(call, f.state.options);
  const auto named = f.state.world.db.read([&](db::Session& session) -> std::string {
    std::vector<Protocol> candidates;
    {
      db::Rows rows =
          session.query("SELECT idp_id FROM federation_protocols WHERE id = ?", {protocol_id});
      while (rows.next()) candidates.push_back({protocol_id, rows.string(0), {}, {}});
    }
    for (const auto& one : candidates) {
      const auto row = protocol_or_fault(session, one.idp_id, protocol_id);
      const auto found = assertion.find(remote_id_attribute(f.state.options, row));
      if (found == assertion.end()) continue;
      const auto remote = join(found->second, ";");
      const auto idp =
          session.text("SELECT idp_id FROM idp_remote_ids WHERE remote_id = ?", {remote});
      if (!idp) throw no_such("Identity Provider", remote);
      return *idp;
    }
    return {};
  });
  if (!named.empty()) return named;
  auto all = f.state.oidc.with(protocol_id);
  all.merge(f.state.saml.with(protocol_id));
  if (all.size() != 1) throw Fault::unauthorized("Missing entity ID from environment");
  return *all.begin();
}

http::Response come_back(Call& call, const Federation& f) {
  const auto& query = call.query();
  const std::string *state_text = query.find("state"), *code = query.find("code");
  const auto login = state_text ? unseal(f.state, *state_text) : std::nullopt;
  if (!login || !is_same_browser(call.request(), *login)) {
    throw Fault::unauthorized("The login was not begun here, or too long ago.");
  }
  OidcProvider* provider = f.state.oidc.find(login->idp, login->protocol);
  if (!provider || !code) throw Fault::unauthorized("The identity provider refused the login.");
  const auto claims = provider->redeem(
      *code, {*state_text, login->nonce, login->code_verifier, login->redirect_uri});
  if (!claims) throw Fault::unauthorized(claims.reason());
  return hand_over(login->origin, enter(call, f.state, f.tokens, login->idp, login->protocol,
                                        assertion_of_claims(*claims)));
}

}  // namespace

http::Response enter(Call& call, State& state, Tokens& tokens, const std::string& idp,
                     const std::string& protocol, const Assertion& assertion) {
  ScopeWanted scope;
  scope.kind = ScopeWanted::Kind::unscoped;
  const TokenPayload unscoped;
  const Proof proof = [&](Identity& who) { prove_mapped(state, idp, protocol, assertion, who); };
  return log_in({call, state, tokens, scope}, {}, {proof}, &unscoped);
}

http::Response hand_over(const std::string& origin, const http::Response& issued) {
  http::Response page;
  page.headers.set("Content-Type", "text/html; charset=utf-8");
  page.headers.set("Cache-Control", "no-store");
  page.headers.set("Referrer-Policy", "no-referrer");
  page.body = sso_page(origin, issued.headers.get("X-Subject-Token"));
  return page;
}

void add_federation(resource::Service& service, State& state, Tokens& tokens) {
  const Federation f{state, tokens};
  const resource::RouteOptions open{.open = true, .body = {.slow = true}};
  const std::string provider = "/identity_providers/{idp_id}/protocols/{protocol_id}";
  for (const char* method : {"GET", "POST"}) {
    service.route(
        method, "/v3/OS-FEDERATION" + provider + "/auth",
        [f](Call& c) { return authenticate(c, f); }, open);
    service.route(
        method, "/v3/auth/OS-FEDERATION" + provider + "/websso",
        [f](Call& c) { return sign_on(c, f, c.param("idp_id"), c.param("protocol_id")); }, open);
    service.route(
        method, "/v3/auth/OS-FEDERATION/websso/{protocol_id}",
        [f](Call& c) {
          const auto& protocol = c.param("protocol_id");
          return sign_on(c, f, provider_of(c, f, protocol), protocol);
        },
        open);
  }
  service.route(
      "GET", kCallback, [f](Call& c) { return come_back(c, f); }, open);
}

}  // namespace haneul::keystone
