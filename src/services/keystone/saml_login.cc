#include "services/keystone/saml_login.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "services/keystone/dialect.h"
#include "services/keystone/federation.h"
#include "services/keystone/identity_provider.h"
#include "services/keystone/logic/digest.h"
#include "services/keystone/saml_provider.h"
#include "services/keystone/state.h"
#include "services/keystone/websso.h"

namespace haneul::keystone {
namespace {

using resource::Call;

constexpr std::string_view kPaosType = "application/vnd.paos+xml";
constexpr std::string_view kRequestCookie = "haneul-saml";          // a sealed PendingLogin
constexpr std::string_view kSessionCookie = "haneul-saml-session";  // of a row of saml_sessions
constexpr std::string_view kForBrowser = "saml", kForClient = "saml-ecp";
constexpr auto kSessionGoodFor = std::chrono::minutes(2);
constexpr std::int64_t kRowsMax = 1'000'000;  // of assertions and of sessions

struct Federation {
  State& state;
  Tokens& tokens;
};

// The provider that a response has come from, or is to come from.
struct From {
  SamlProvider& provider;
  std::string idp, protocol;
};

From from_of(const Call& call, const State& state) {
  const auto &idp = call.param("idp_id"), &protocol = call.param("protocol_id");
  SamlProvider* provider = state.saml.find(idp, protocol);
  if (!provider) throw no_such("SAML provider", idp + "/" + protocol);
  return {*provider, idp, protocol};
}

const SamlKey* key_of(const SamlSettings& settings) {
  return settings.key ? &*settings.key : nullptr;
}

// The client learns that it is not let in; why is for who runs the cloud.
[[noreturn]] void refuse(const From& from, const std::string& why) {
  log::warning("a SAML login was refused",
               {{"identity_provider", from.idp}, {"protocol", from.protocol}, {"why", why}});
  throw unauthorized();
}

saml::Provider described(const From& from) {
  auto read = from.provider.described();
  if (read) return *std::move(read);
  log::error("a SAML identity provider cannot be used",
             {{"identity_provider", from.idp}, {"why", read.reason()}});
  throw Fault::unavailable("The identity provider cannot be used now.");
}

// A cookie of a cloud with TLS also comes with what the provider's page posts.
std::string set_cookie(const SamlSettings& settings, std::string_view name, std::string_view value,
                       std::int64_t seconds) {
  const bool tls = settings.auth_url.starts_with("https:");
  return fmt::format("{}={}; Path=/; HttpOnly; Max-Age={}{}", name, value, seconds,
                     tls ? "; Secure; SameSite=None" : "");
}

http::Response go_to(const std::string& url) {
  auto response = http::Response::empty(302);
  response.headers.set("Location", url);
  response.headers.set("Cache-Control", "no-store");
  return response;
}

// What was said must not be said again ---------------------------------------------------------

void check_room(db::Session& session, std::string_view counting) {
  if (session.integer(counting).value_or(0) < kRowsMax) return;
  throw Fault::unavailable("Too many logins are under way.");
}

// Each assertion counts once, as long as it would be good.
void remember(const Call& call, const From& from, const std::string& issuer,
              const saml::Statement& statement) {
  const auto id = to_hex(sha256(issuer + "\n" + statement.assertion_id));
  const bool is_new = call.db().write([&](db::Transaction& tx) {
    tx.execute("DELETE FROM saml_assertions WHERE expires_at <= ?", {call.now()});
    check_room(tx, "SELECT COUNT(*) FROM saml_assertions");
    if (tx.integer("SELECT 1 FROM saml_assertions WHERE id = ?", {id})) return false;
    tx.execute("INSERT INTO saml_assertions (id, expires_at) VALUES (?, ?)",
               {id, statement.good_until});
    return true;
  });
  if (!is_new) refuse(from, "the assertion was brought here before");
}

// The provider that the metadata name must be the one that the API knows under these names.
void check_remote_ids(const Call& call, const From& from, const std::string& issuer) {
  const auto row = call.db().read(
      [&](db::Session& session) { return enabled_identity_provider(session, from.idp); });
  const auto& known = row.remote_ids;
  if (known.empty() || std::find(known.begin(), known.end(), issuer) != known.end()) return;
  throw Fault::forbidden(
      "Incoming identity provider identifier not included among the accepted identifiers.");
}

Assertion verified(const Call& call, const From& from, const std::string& xml,
                   saml::Expected expected) {
  const auto provider = described(from);
  const auto& settings = from.provider.settings();
  expected.entity_id = settings.entity_id;
  expected.consumer_url = expected.in_envelope ? settings.client_url : settings.post_url;
  expected.now = call.now();
  const auto statement = saml::read_response(xml, provider, expected);
  if (!statement) refuse(from, statement.reason());
  check_remote_ids(call, from, provider.entity_id);
  remember(call, from, provider.entity_id, *statement);
  return assertion_of_statement(*statement, provider.entity_id);
}

// Between the response and the token -------------------------------------------------------------

std::string written(const Assertion& assertion) {
  json::Object all;
  for (const auto& [name, values] : assertion) {
    all.set(name, json::Array(values.begin(), values.end()));
  }
  return json::dump(json::Value(std::move(all)));
}

Assertion read_back(const std::string& text) {
  Assertion assertion;
  const auto all = json::parse(text);
  if (!all || !all->object()) return assertion;
  for (const auto& [name, values] : *all->object()) {
    auto& out = assertion[name];
    if (!values.array()) continue;
    for (const json::Value& one : *values.array()) out.push_back(one.text() ? *one.text() : "");
  }
  return assertion;
}

// The client gets its token by a request of its own, which its cookie lets through.
http::Response begin_session(const Call& call, const From& from, const Assertion& assertion) {
  const std::string secret = new_hex_id() + new_hex_id();
  const auto id = to_hex(sha256(secret));
  call.db().write([&](db::Transaction& tx) {
    tx.execute("DELETE FROM saml_sessions WHERE expires_at <= ?", {call.now()});
    check_room(tx, "SELECT COUNT(*) FROM saml_sessions");
    tx.execute(
        "INSERT INTO saml_sessions (id, idp_id, protocol_id, assertion, expires_at) "
        "VALUES (?, ?, ?, ?, ?)",
        {id, from.idp, from.protocol, written(assertion), call.now() + kSessionGoodFor});
  });
  const auto& settings = from.provider.settings();
  auto response = go_to(settings.auth_url);
  response.headers.set("Set-Cookie", set_cookie(settings, kSessionCookie, secret,
                                                kSessionGoodFor / std::chrono::seconds(1)));
  return response;
}

// Requests --------------------------------------------------------------------------------------

bool is_client(const http::Request& request) {
  return request.headers.get("Accept").find(kPaosType) != std::string_view::npos &&
         !request.headers.get("PAOS").empty();
}

PendingLogin pending(const std::string& idp, const std::string& protocol,
                     const std::string& origin) {
  PendingLogin login{.idp = idp, .protocol = protocol, .origin = origin};
  login.cookie = new_hex_id();
  login.nonce = "_" + new_hex_id();
  return login;
}

SamlRequest request_of(const Call& call, const SamlSettings& settings, const PendingLogin& login) {
  SamlRequest request;
  request.id = login.nonce;
  request.issuer = settings.entity_id;
  request.now = call.now();
  return request;
}

http::Response ask_through_client(const Call& call, const State& state,
                                  const SamlSettings& settings, const PendingLogin& login) {
  SamlRequest request = request_of(call, settings, login);
  request.by_client = true;
  request.consumer_url = settings.client_url;
  http::Response response;
  response.headers.set("Content-Type", std::string(kPaosType));
  response.headers.set("Cache-Control", "no-store");
  response.body = saml_client_envelope(request, seal(state, login, kForClient), key_of(settings));
  return response;
}

// Responses -------------------------------------------------------------------------------------

// Of SAMLResponse, which may be broken into lines.
std::string decoded(const std::string& text) {
  std::string one_line;
  for (const char c : text) {
    if (c != '\r' && c != '\n' && c != ' ') one_line += c;
  }
  auto xml = base64_decode(one_line);
  if (!xml) throw Fault::bad_request("SAMLResponse is not base64.");
  return *std::move(xml);
}

// Brought by a browser: the one that began, with the answer to what it was sent with.
http::Response by_browser(Call& call, const Federation& f) {
  const From from = from_of(call, f.state);
  const auto form = http::Query::parse(call.request().body).value_or(http::Query());
  const std::string *text = form.find("SAMLResponse"), *relay = form.find("RelayState");
  if (!text) throw Fault::bad_request("There is no SAMLResponse.");
  const auto xml = decoded(*text);
  const auto login = unseal(f.state, cookie_of(call.request(), kRequestCookie), kForBrowser);
  if (!login || !relay || !same_secret(*relay, login->cookie)) {
    refuse(from, "the login was not begun by this browser, or too long ago");
  }
  if (login->idp != from.idp || login->protocol != from.protocol) {
    refuse(from, "the login was begun with another provider");
  }
  const auto assertion = verified(call, from, xml, {.in_response_to = login->nonce});
  if (login->origin.empty()) return begin_session(call, from, assertion);
  return hand_over(login->origin,
                   enter(call, f.state, f.tokens, from.idp, from.protocol, assertion));
}

// Brought by another client, in an envelope: an answer to what it was given, or what another cloud
// says unasked of one of its users.
http::Response by_client(Call& call, const Federation& f) {
  const From from = from_of(call, f.state);
  const auto& xml = call.request().body;
  const auto relay = saml::relay_state_of(xml);
  if (!relay) throw Fault::bad_request("The envelope cannot be read: " + relay.reason() + ".");
  saml::Expected expected{.in_envelope = true};
  const auto login = unseal(f.state, *relay, kForClient);
  if (login) {
    if (login->idp != from.idp || login->protocol != from.protocol) {
      refuse(from, "the login was begun with another provider");
    }
    expected.in_response_to = login->nonce;
  } else if (from.provider.settings().unsolicited) {
    expected.audience_required = false;  // the recipient says for whom it is
  } else {
    refuse(from, "the login was not begun here, or too long ago");
  }
  return begin_session(call, from, verified(call, from, xml, expected));
}

http::Response metadata(const Call& call, const State& state) {
  const auto& settings = from_of(call, state).provider.settings();
  http::Response response;
  response.headers.set("Content-Type", "application/samlmetadata+xml");
  response.body =
      service_provider_metadata(settings.entity_id, settings.post_url, settings.client_url,
                                settings.key ? settings.key->certificate() : "");
  return response;
}

}  // namespace

http::Response begin_saml_login(const Call& call, const State& state, SamlProvider& provider,
                                const std::string& idp, const std::string& protocol,
                                const std::string& origin) {
  const auto& settings = provider.settings();
  const PendingLogin login = pending(idp, protocol, origin);
  if (origin.empty() && is_client(call.request())) {
    return ask_through_client(call, state, settings, login);
  }
  const auto known = described({provider, idp, protocol});
  if (known.redirect_url.empty()) {
    throw Fault::unauthorized("The identity provider has no page for browsers to log in at.");
  }
  SamlRequest request = request_of(call, settings, login);
  request.consumer_url = settings.post_url;
  request.destination = known.redirect_url;
  auto response = go_to(saml_redirect(request, login.cookie, key_of(settings)));
  response.headers.set("Set-Cookie",
                       set_cookie(settings, kRequestCookie, seal(state, login, kForBrowser), 600));
  return response;
}

Assertion take_saml_session(const Call& call, const std::string& idp, const std::string& protocol) {
  const auto secret = cookie_of(call.request(), kSessionCookie);
  if (secret.empty()) return {};
  const auto id = to_hex(sha256(secret));
  return call.db().write([&](db::Transaction& tx) -> Assertion {
    const auto text = tx.text(
        "SELECT assertion FROM saml_sessions WHERE id = ? AND idp_id = ? AND protocol_id = ? AND "
        "expires_at > ?",
        {id, idp, protocol, call.now()});
    if (!text) return {};
    tx.execute("DELETE FROM saml_sessions WHERE id = ?", {id});
    return read_back(*text);
  });
}

void add_saml_login(resource::Service& service, State& state, Tokens& tokens) {
  const Federation f{state, tokens};
  const resource::RouteOptions open{.open = true, .body = {.slow = true}};
  const std::string base =
      "/v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth/mellon/";
  service.route(
      "GET", base + "metadata", [f](Call& c) { return metadata(c, f.state); }, open);
  service.route(
      "POST", base + "postResponse", [f](Call& c) { return by_browser(c, f); }, open);
  service.route(
      "POST", base + "paosResponse", [f](Call& c) { return by_client(c, f); }, open);
}

}  // namespace haneul::keystone
