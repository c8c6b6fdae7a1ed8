#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "services/keystone/logic/fernet.h"

namespace haneul::keystone {

// The numbers are in the tokens.
enum class PayloadKind : std::uint8_t {
  unscoped = 0,
  domain = 1,
  project = 2,
  trust = 3,
  federated_unscoped = 4,
  federated_project = 5,
  federated_domain = 6,
  oauth = 7,
  system = 8,
  application_credential = 9,
  oauth2_credential = 10
};

// What a token carries. Ids that are 32 lower-case hexadecimal digits travel as 16 bytes. Only the
// members of its kind survive; the others are empty.
struct TokenPayload {
  PayloadKind kind = PayloadKind::unscoped;
  std::string user_id;
  std::vector<std::string> methods;
  std::string system;     // "all"
  std::string domain_id;  // kinds domain, federated_domain, oauth2_credential
  std::string project_id;
  Instant issued_at;                   // whole seconds; from the envelope, ignored when encoding
  Instant expires_at;                  // microseconds
  std::vector<std::string> audit_ids;  // base64url without padding
  std::string trust_id;
  std::vector<std::string> federated_group_ids;
  std::string identity_provider_id, protocol_id;
  std::string access_token_id, app_cred_id, thumbprint;

  bool operator==(const TokenPayload&) const = default;
};

// The kind that upstream would choose for what is set.
// upstream: openstack/keystone:keystone/token/providers/fernet/core.py
PayloadKind payload_kind(const TokenPayload& token);

// Upstream's `[auth] methods` in order: a method's place is its bit. Tokens of another Keystone
// are understood only with the same list.
inline constexpr std::string_view kAuthMethods[] = {
    "external", "password", "token", "oauth1", "mapped", "application_credential"};
using AuthMethods = std::span<const std::string_view>;
// Unknown methods have no bit.
std::uint64_t methods_to_bits(const std::vector<std::string>& methods,
                              AuthMethods known = kAuthMethods);
// The last method of the list comes first, as upstream answers it.
std::vector<std::string> methods_from_bits(std::uint64_t bits, AuthMethods known = kAuthMethods);

// The token's text, without padding. Throws std::invalid_argument for audit ids that are not
// base64url and for a trust id that is not 32 hexadecimal digits.
// upstream: openstack/keystone:keystone/token/token_formatters.py
std::string encode_token(const TokenPayload& token, const FernetKeys& keys, Instant now,
                         AuthMethods known = kAuthMethods);
// Nothing for anything that is not a token made with one of the keys. Does not look at expiry.
std::optional<TokenPayload> decode_token(std::string_view text, const FernetKeys& keys,
                                         AuthMethods known = kAuthMethods);

// The plaintext inside the envelope; decoding leaves issued_at alone.
std::string encode_payload(const TokenPayload& token, AuthMethods known = kAuthMethods);
std::optional<TokenPayload> decode_payload(std::string_view bytes,
                                           AuthMethods known = kAuthMethods);

}  // namespace haneul::keystone
