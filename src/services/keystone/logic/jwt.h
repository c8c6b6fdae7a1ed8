#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "json/value.h"

// Signed claims of an OpenID Connect provider (RFC 7515, 7517, 7519).
namespace haneul::keystone {

// Who must have made them, for whom, and when.
struct JwtRules {
  std::string issuer;
  std::vector<std::string> audiences;  // one of them in "aud", "azp" or "client_id"
  Instant now;
  Duration skew = std::chrono::seconds(60);  // how wrong the provider's clock may be
};

inline constexpr std::size_t kJwtBytesMax = 64 * 1024;

// Three parts with dots between them; says nothing about whether they are good.
bool looks_like_jwt(std::string_view text);

// The claims, if one of the keys of a JSON Web Key Set signed them with RS256, PS256 or ES256 and
// the rules are met. Nothing else is taken: no "none", no secrets for keys.
Result<json::Object> verify_jwt(std::string_view text, const json::Value& key_set,
                                const JwtRules& rules);

// Claims that came another way (from the provider's introspection): the same rules.
Result<json::Object> check_claims(const json::Object& claims, const JwtRules& rules);

// The key that a token names, to know whether the set at hand is old; empty if none.
std::string jwt_key_id(std::string_view text);

}  // namespace haneul::keystone
