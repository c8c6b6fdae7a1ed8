#include "services/keystone/oidc_provider.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "base/text.h"
#include "services/keystone/logic/digest.h"
#include "services/keystone/logic/jose.h"
#include "services/keystone/logic/jwt.h"

namespace haneul::keystone {
namespace {

using json::Value;

constexpr auto kKeptFor = std::chrono::hours(1);
constexpr auto kKeysAskedEvery = std::chrono::minutes(1);
constexpr auto kAnswerWithin = std::chrono::seconds(10);
constexpr std::size_t kAnswerBytesMax = 1024 * 1024;

std::string text_at(const Value& value, std::string_view key) {
  const Value* found = value.at({key});
  return found && found->text() ? *found->text() : std::string();
}

std::string form_of(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out;
  for (const auto& [key, value] : fields) {
    out += (out.empty() ? "" : "&") + percent_encode(key) + "=" + percent_encode(value);
  }
  return out;
}

std::string challenge_of(std::string_view verifier) {
  return base64url_unpadded(sha256(verifier));
}

}  // namespace

OidcProvider::OidcProvider(OidcSettings settings, const Clock& clock, Fetch fetch)
    : settings_(std::move(settings)), clock_(clock), fetch_(std::move(fetch)) {}

Result<Value> OidcProvider::fetch_json(http::ClientRequest request) const {
  request.time_max = kAnswerWithin;
  request.answer_bytes_max = kAnswerBytesMax;
  request.ca_pem = settings_.ca_pem;
  request.headers.emplace_back("Accept", "application/json");
  const auto answer = fetch_(request);
  if (!answer) return Failure{"The identity provider cannot be reached."};
  auto value = answer->status == 200 ? json::parse(answer->body) : std::optional<Value>();
  if (!value || !value->object()) {
    return Failure{fmt::format("The identity provider answered {}.", answer->status)};
  }
  return std::move(*value);
}

Result<Value> OidcProvider::metadata() {
  {
    const std::lock_guard lock(mutex_);
    if (metadata_ && clock_.now() < metadata_->at + kKeptFor) return metadata_->value;
  }
  std::string base = settings_.issuer;
  while (base.ends_with('/')) base.pop_back();
  auto fresh = fetch_json({.url = base + "/.well-known/openid-configuration"});
  if (!fresh) return fresh;
  if (text_at(*fresh, "issuer") != settings_.issuer) {
    return Failure{"The identity provider calls itself something else."};
  }
  const std::lock_guard lock(mutex_);
  metadata_ = Kept{*fresh, clock_.now()};
  return fresh;
}

Result<std::string> OidcProvider::endpoint(std::string_view name) {
  const auto known = metadata();
  if (!known) return Failure{known.reason()};
  auto url = text_at(*known, name);
  if (url.empty()) return Failure{fmt::format("The identity provider has no {}.", name)};
  return url;
}

Result<Value> OidcProvider::key_set(const std::string& key_id) {
  {
    const std::lock_guard lock(mutex_);
    if (keys_) {
      const Value* keys = keys_->value.at({"keys"});
      bool known = key_id.empty();
      if (keys && keys->array()) {
        for (const Value& key : *keys->array()) known |= text_at(key, "kid") == key_id;
      }
      const auto good_until = known ? keys_->at + kKeptFor : keys_asked_ + kKeysAskedEvery;
      if (clock_.now() < good_until) return keys_->value;
    }
  }
  const auto url = endpoint("jwks_uri");
  if (!url) return Failure{url.reason()};
  auto fresh = fetch_json({.url = *url});
  const std::lock_guard lock(mutex_);
  keys_asked_ = clock_.now();
  if (!fresh) return fresh;
  keys_ = Kept{*fresh, keys_asked_};
  return fresh;
}

Result<Value> OidcProvider::post_form(std::string_view endpoint_name,
                                      std::vector<std::pair<std::string, std::string>> fields) {
  const auto url = endpoint(endpoint_name);
  if (!url) return Failure{url.reason()};
  http::ClientRequest request{.method = "POST", .url = *url};
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  if (settings_.client_secret.empty()) {
    fields.emplace_back("client_id", settings_.client_id);
  } else {
    const auto pair =
        percent_encode(settings_.client_id) + ":" + percent_encode(settings_.client_secret);
    request.headers.emplace_back("Authorization", "Basic " + base64_encode(pair));
  }
  request.body = form_of(fields);
  return fetch_json(std::move(request));
}

namespace {

JwtRules rules_of(const OidcSettings& settings, const Clock& clock, bool for_client_alone) {
  JwtRules rules{settings.issuer, {settings.client_id}, clock.now()};
  if (!for_client_alone) {
    rules.audiences.insert(rules.audiences.end(), settings.audiences.begin(),
                           settings.audiences.end());
  }
  return rules;
}

}  // namespace

Result<json::Object> OidcProvider::verified(std::string_view token) {
  const auto keys = key_set(jwt_key_id(token));
  if (!keys) return Failure{keys.reason()};
  return verify_jwt(token, *keys, rules_of(settings_, clock_, false));
}

// Tells what an opaque token stands for; the provider need not repeat who it is.
// upstream: RFC 7662
Result<json::Object> OidcProvider::introspected(std::string_view token) {
  const auto said = post_form("introspection_endpoint", {{"token", std::string(token)}});
  if (!said) return Failure{said.reason()};
  const Value* active = said->at({"active"});
  if (!active || !active->boolean() || !*active->boolean()) {
    return Failure{"The token is not active."};
  }
  json::Object claims = *said->object();
  if (!claims.has("iss")) claims.set("iss", settings_.issuer);
  return check_claims(claims, rules_of(settings_, clock_, false));
}

Result<json::Object> OidcProvider::claims_of(std::string_view token) {
  if (token.empty() || token.size() > kJwtBytesMax) return Failure{"The token cannot be read."};
  return looks_like_jwt(token) ? verified(token) : introspected(token);
}

Result<std::string> OidcProvider::login_url(const Login& login) {
  const auto url = endpoint("authorization_endpoint");
  if (!url) return url;
  const auto query = form_of({{"response_type", "code"},
                              {"client_id", settings_.client_id},
                              {"redirect_uri", login.redirect_uri},
                              {"scope", join(settings_.scopes, " ")},
                              {"state", login.state},
                              {"nonce", login.nonce},
                              {"code_challenge", challenge_of(login.code_verifier)},
                              {"code_challenge_method", "S256"}});
  return *url + (url->find('?') == std::string::npos ? "?" : "&") + query;
}

Result<json::Object> OidcProvider::redeem(std::string_view code, const Login& login) {
  const auto answer = post_form("token_endpoint", {{"grant_type", "authorization_code"},
                                                   {"code", std::string(code)},
                                                   {"redirect_uri", login.redirect_uri},
                                                   {"code_verifier", login.code_verifier}});
  if (!answer) return Failure{answer.reason()};
  const auto token = text_at(*answer, "id_token");
  const auto keys = key_set(jwt_key_id(token));
  if (!keys) return Failure{keys.reason()};
  auto claims = verify_jwt(token, *keys, rules_of(settings_, clock_, true));
  if (!claims) return claims;
  if (login.nonce.empty() || text_at(*claims, "nonce") != login.nonce) {
    return Failure{"The token is of another login."};
  }
  return claims;
}

namespace {

std::vector<std::string> texts_at(const Value& value, std::string_view key) {
  std::vector<std::string> out;
  const Value* found = value.at({key});
  if (!found || !found->array()) return out;
  for (const Value& one : *found->array()) {
    if (one.text()) out.push_back(*one.text());
  }
  return out;
}

OidcSettings settings_of(const std::string& where, const Value& value) {
  constexpr std::string_view kKeys[] = {"issuer",    "client_id", "client_secret",
                                        "audiences", "scopes",    "ca_file"};
  for (const auto& member : *value.object()) {
    if (std::find(std::begin(kKeys), std::end(kKeys), member.key) == std::end(kKeys)) {
      throw std::runtime_error(fmt::format("{}: '{}' is unknown", where, member.key));
    }
  }
  OidcSettings s;
  s.issuer = text_at(value, "issuer");
  s.client_id = text_at(value, "client_id");
  s.client_secret = text_at(value, "client_secret");
  s.audiences = texts_at(value, "audiences");
  if (value.at({"scopes"})) s.scopes = texts_at(value, "scopes");
  if (const auto ca = text_at(value, "ca_file"); !ca.empty()) {
    auto text = text_of_file(ca);
    if (!text) throw std::runtime_error(text.reason());
    s.ca_pem = *std::move(text);
  }
  if (s.issuer.empty() || s.client_id.empty()) {
    throw std::runtime_error(where + " needs an issuer and a client_id");
  }
  return s;
}

}  // namespace

OidcProviders::OidcProviders(const std::filesystem::path& file, const Clock& clock, Fetch fetch) {
  each_provider(file, [&](const ProviderEntry& one) {
    if (one.is_of_saml()) return;
    put(one, std::make_unique<OidcProvider>(settings_of(one.where, one.value), clock, fetch));
  });
}

Assertion assertion_of_claims(const json::Object& claims) {
  Assertion assertion;
  for (const auto& [name, value] : claims) {
    std::vector<std::string> texts;
    const json::Array one{value};
    for (const Value& item : value.array() ? *value.array() : one) {
      if (!item.is_null()) texts.push_back(item.text() ? *item.text() : json::dump(item));
    }
    if (texts.empty()) continue;
    std::string upper = "HTTP_OIDC_";
    for (const char c : name) {
      const bool is_lower = c >= 'a' && c <= 'z';
      upper += c == '-' || c == '.' ? '_' : static_cast<char>(is_lower ? c - 'a' + 'A' : c);
    }
    for (const auto& key : {"OIDC-" + name, "OIDC_CLAIM_" + name, upper}) assertion[key] = texts;
  }
  return assertion;
}

}  // namespace haneul::keystone
