#include "services/keystone/logic/jwt.h"

#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/text.h"
#include "services/keystone/logic/freed_by.h"
#include "services/keystone/logic/jose.h"

namespace haneul::keystone {
namespace {

using json::Value;

using Key = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using Number = std::unique_ptr<BIGNUM, FreedBy<BN_free>>;

struct Algorithm {
  std::string_view name, key_type;
  bool is_pss = false;
};
constexpr Algorithm kAlgorithms[] = {{"RS256", "RSA"}, {"PS256", "RSA", true}, {"ES256", "EC"}};

std::string text_at(const json::Object& object, std::string_view key) {
  const Value* value = object.find(key);
  return value && value->text() ? *value->text() : std::string();
}

std::optional<json::Object> object_in(std::string_view part) {
  const auto bytes = base64url_strict(part);
  const auto value = bytes ? json::parse(*bytes) : std::optional<Value>();
  return value && value->object() ? std::optional(*value->object()) : std::nullopt;
}

Key key_from(const char* type, OSSL_PARAM_BLD* builder) {
  const std::unique_ptr<OSSL_PARAM, FreedBy<OSSL_PARAM_free>> params(
      OSSL_PARAM_BLD_to_param(builder));
  const std::unique_ptr<EVP_PKEY_CTX, FreedBy<EVP_PKEY_CTX_free>> context(
      EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) <= 0 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) <= 0) {
    return nullptr;
  }
  return Key(key);
}

using Builder = std::unique_ptr<OSSL_PARAM_BLD, FreedBy<OSSL_PARAM_BLD_free>>;

Number number_at(const json::Object& jwk, std::string_view name) {
  const auto bytes = base64url_strict(text_at(jwk, name));
  if (!bytes || bytes->empty() || bytes->size() > 1024) return nullptr;
  return Number(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes->data()),
                          static_cast<int>(bytes->size()), nullptr));
}

Key rsa_key(const json::Object& jwk) {
  const Number n = number_at(jwk, "n"), e = number_at(jwk, "e");
  constexpr int kBitsMin = 2048;
  if (!n || !e || BN_num_bits(n.get()) < kBitsMin) return nullptr;
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  return key_from("RSA", builder.get());
}

constexpr std::size_t kP256Bytes = 32;

Key ec_key(const json::Object& jwk) {
  const auto x = base64url_strict(text_at(jwk, "x")), y = base64url_strict(text_at(jwk, "y"));
  if (text_at(jwk, "crv") != "P-256" || !x || !y || x->size() != kP256Bytes ||
      y->size() != kP256Bytes) {
    return nullptr;
  }
  const std::string point = "\x04" + *x + *y;
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  return key_from("EC", builder.get());
}

bool is_signed(EVP_PKEY* key, const Algorithm& algorithm, std::string_view text,
               const std::string& raw) {
  const std::string signature = algorithm.key_type == "EC" ? es256_to_der(raw).value_or("") : raw;
  const std::unique_ptr<EVP_MD_CTX, FreedBy<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  if (signature.empty() ||
      EVP_DigestVerifyInit(context.get(), &parameters, EVP_sha256(), nullptr, key) <= 0) {
    return false;
  }
  if (algorithm.is_pss &&
      (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) <= 0 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) <= 0)) {
    return false;
  }
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                          text.size()) == 1;
}

bool fits(const json::Object& jwk, const Algorithm& algorithm, const std::string& key_id) {
  const auto use = text_at(jwk, "use"), only = text_at(jwk, "alg"), id = text_at(jwk, "kid");
  return text_at(jwk, "kty") == algorithm.key_type && (use.empty() || use == "sig") &&
         (only.empty() || only == algorithm.name) && (key_id.empty() || id == key_id);
}

bool is_signed_by_any(const Value& key_set, const Algorithm& algorithm, const std::string& key_id,
                      std::string_view text, const std::string& signature) {
  const Value* keys = key_set.at({"keys"});
  if (!keys || !keys->array()) return false;
  return std::any_of(keys->array()->begin(), keys->array()->end(), [&](const Value& one) {
    if (!one.object() || !fits(*one.object(), algorithm, key_id)) return false;
    const Key key = algorithm.key_type == "EC" ? ec_key(*one.object()) : rsa_key(*one.object());
    return key && is_signed(key.get(), algorithm, text, signature);
  });
}

std::optional<Instant> time_at(const json::Object& claims, std::string_view name) {
  const Value* value = claims.find(name);
  const auto number = value ? value->number() : std::nullopt;
  constexpr double kLatest = 1e11;
  if (!number || *number < 0 || *number > kLatest) return std::nullopt;
  return Instant::from_seconds(static_cast<std::int64_t>(*number));
}

bool is_for(const json::Object& claims, const std::vector<std::string>& audiences) {
  std::vector<std::string> named = {text_at(claims, "aud"), text_at(claims, "azp"),
                                    text_at(claims, "client_id")};
  if (const Value* all = claims.find("aud"); all && all->array()) {
    for (const Value& one : *all->array()) named.push_back(one.text() ? *one.text() : "");
  }
  return std::any_of(named.begin(), named.end(), [&](const std::string& name) {
    return !name.empty() && std::find(audiences.begin(), audiences.end(), name) != audiences.end();
  });
}

}  // namespace

bool looks_like_jwt(std::string_view text) {
  return text.size() <= kJwtBytesMax && split(text, '.').size() == 3 && text.starts_with("ey");
}

std::string jwt_key_id(std::string_view text) {
  const auto header = looks_like_jwt(text) ? object_in(split(text, '.')[0]) : std::nullopt;
  return header ? text_at(*header, "kid") : std::string();
}

Result<json::Object> check_claims(const json::Object& claims, const JwtRules& rules) {
  if (text_at(claims, "iss") != rules.issuer) return Failure{"The token is of another issuer."};
  if (!is_for(claims, rules.audiences)) return Failure{"The token is for somebody else."};
  const auto end = time_at(claims, "exp");
  if (!end || *end + rules.skew <= rules.now) return Failure{"The token has expired."};
  if (claims.has("nbf")) {
    const auto start = time_at(claims, "nbf");
    if (!start || *start > rules.now + rules.skew) return Failure{"The token is not good yet."};
  }
  if (claims.has("iat")) {
    const auto made = time_at(claims, "iat");
    if (!made || *made > rules.now + rules.skew) return Failure{"The token is of the future."};
  }
  return claims;
}

Result<json::Object> verify_jwt(std::string_view text, const Value& key_set,
                                const JwtRules& rules) {
  const Failure unreadable{"The token cannot be read."};
  if (!looks_like_jwt(text)) return unreadable;
  const auto parts = split(text, '.');
  const auto header = object_in(parts[0]), claims = object_in(parts[1]);
  const auto signature = base64url_strict(parts[2]);
  if (!header || !claims || !signature) return unreadable;
  const auto name = text_at(*header, "alg");
  const auto algorithm = std::find_if(std::begin(kAlgorithms), std::end(kAlgorithms),
                                      [&](const Algorithm& a) { return a.name == name; });
  // Extensions that must be understood are not.
  if (algorithm == std::end(kAlgorithms) || header->has("crit")) {
    return Failure{"The token is signed in a way that is not taken."};
  }
  const auto signed_part = text.substr(0, parts[0].size() + 1 + parts[1].size());
  if (!is_signed_by_any(key_set, *algorithm, text_at(*header, "kid"), signed_part, *signature)) {
    return Failure{"The token's signature is wrong."};
  }
  return check_claims(*claims, rules);
}

}  // namespace haneul::keystone
