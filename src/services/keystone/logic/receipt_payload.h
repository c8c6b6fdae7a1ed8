#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "services/keystone/logic/fernet.h"
#include "services/keystone/logic/token_payload.h"

namespace haneul::keystone {

// What a receipt carries: that a user has proved who it is by some of the methods it must use.
struct ReceiptPayload {
  std::string user_id;
  std::vector<std::string> methods;
  Instant issued_at;   // whole seconds; from the envelope, ignored when encoding
  Instant expires_at;  // microseconds

  bool operator==(const ReceiptPayload&) const = default;
};

// The receipt's text, without padding. `known` as with tokens.
// upstream: openstack/keystone:keystone/receipt/receipt_formatters.py
std::string encode_receipt(const ReceiptPayload& receipt, const FernetKeys& keys, Instant now,
                           AuthMethods known = kAuthMethods);
// Nothing for anything that is not a receipt made with one of the keys; a token is none. Does not
// look at expiry.
std::optional<ReceiptPayload> decode_receipt(std::string_view text, const FernetKeys& keys,
                                             AuthMethods known = kAuthMethods);

// The plaintext inside the envelope; decoding leaves issued_at alone.
std::string encode_payload(const ReceiptPayload& receipt, AuthMethods known = kAuthMethods);
std::optional<ReceiptPayload> decode_receipt_payload(std::string_view bytes,
                                                     AuthMethods known = kAuthMethods);

}  // namespace haneul::keystone
