#include "services/keystone/logic/receipt_payload.h"

#include <algorithm>

#include "services/keystone/logic/payload_items.h"

namespace haneul::keystone {

std::string encode_payload(const ReceiptPayload& receipt, AuthMethods known) {
  MsgpackWriter out;
  out.array(3);
  put_id(out, receipt.user_id);
  out.integer(methods_to_bits(receipt.methods, known));
  put_instant(out, receipt.expires_at);
  return out.take();
}

std::optional<ReceiptPayload> decode_receipt_payload(std::string_view bytes, AuthMethods known) {
  MsgpackReader in(bytes);
  if (in.array() != 3u) return std::nullopt;
  auto user_id = take_id(in);
  if (!user_id) return std::nullopt;
  const auto bits = in.integer();
  if (!bits) return std::nullopt;
  const auto expires_at = take_instant(in);
  if (!expires_at || !in.at_end()) return std::nullopt;
  ReceiptPayload receipt;
  receipt.user_id = std::move(*user_id);
  receipt.methods = methods_from_bits(*bits, known);
  receipt.expires_at = *expires_at;
  return receipt;
}

std::string encode_receipt(const ReceiptPayload& receipt, const FernetKeys& keys, Instant now,
                           AuthMethods known) {
  std::string text = fernet_encrypt(keys, encode_payload(receipt, known), now);
  text.erase(std::min(text.size(), text.find('=')));
  return text;
}

std::optional<ReceiptPayload> decode_receipt(std::string_view text, const FernetKeys& keys,
                                             AuthMethods known) {
  const auto message = fernet_decrypt(keys, text);
  if (!message) return std::nullopt;
  auto receipt = decode_receipt_payload(message->payload, known);
  if (receipt) receipt->issued_at = message->made;
  return receipt;
}

}  // namespace haneul::keystone
