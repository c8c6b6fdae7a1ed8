#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/keystone/logic/token_payload.h"

namespace haneul::keystone {

// A key on the curve P-256, for signing or for verifying. Cheap to copy, safe from any thread.
class JwsKey {
 public:
  // PEM; nothing for anything but a key of that curve.
  static std::optional<JwsKey> parse_private(std::string_view pem);
  static std::optional<JwsKey> parse_public(std::string_view pem);

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit JwsKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

struct JwsKeyPair {
  std::string private_pem, public_pem;  // PKCS8 and SubjectPublicKeyInfo
};
JwsKeyPair make_jws_key_pair();

// A compact JSON web signature with ES256: three parts of base64url.
std::string jws_sign(std::string_view payload, const JwsKey& private_key);
// The payload, if one of the keys made the signature. No other algorithm is taken, whatever the
// header says.
std::optional<std::string> jws_verify(std::string_view text, const std::vector<JwsKey>& keys);

// Longer texts are no tokens: an HTTP head could not carry them.
constexpr std::size_t kJwsTextBytesMax = 64 * 1024;

// A token in this form. Times are whole seconds; whether it has expired is the caller's concern.
// upstream: openstack/keystone:keystone/token/providers/jws/core.py
std::string encode_jws_token(const TokenPayload& token, const JwsKey& private_key, Instant now);
std::optional<TokenPayload> decode_jws_token(std::string_view text,
                                             const std::vector<JwsKey>& public_keys);

}  // namespace haneul::keystone
