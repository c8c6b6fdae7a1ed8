// Feeds any bytes to what reads tokens, rules and policy files. The first byte says which reader;
// besides surviving, what was understood must mean the same when it is written and read again.
#include <cstdlib>
#include <iostream>

#include "access/policy.h"
#include "access/rule_parser.h"
#include "base/log.h"
#include "services/keystone/logic/receipt_payload.h"
#include "services/keystone/logic/token_payload.h"

namespace haneul {
namespace {

void must(bool good, const char* what) {
  if (good) return;
  std::cerr << what << "\n";
  std::abort();
}

void read_receipt(std::string_view data) {
  const auto receipt = keystone::decode_receipt_payload(data);
  if (!receipt) return;
  const auto again = keystone::decode_receipt_payload(keystone::encode_payload(*receipt));
  must(again && *again == *receipt, "a receipt changed when it was encoded again");
}

void read_payload(std::string_view data) {
  read_receipt(data);
  const auto token = keystone::decode_payload(data);
  if (!token) return;
  // A domain's bare id of 16 bytes cannot be told from a short one.
  const auto again = keystone::decode_payload(keystone::encode_payload(*token));
  must(again && *again == *token, "a token changed when it was encoded again");
}

const keystone::FernetKeys& keys() {
  static const keystone::FernetKeys kKeys = {
      keystone::FernetKey::parse("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=").value()};
  return kKeys;
}

void read_token(std::string_view text) {
  must(!keystone::decode_token(text, keys()), "a token was forged");
}

void read_signed(std::string_view data) {
  if (data.size() > keystone::kFernetPayloadBytesMax) return;
  const std::string text = keystone::fernet_encrypt(keys(), data, Instant::from_seconds(1));
  const auto message = keystone::fernet_decrypt(keys(), text);
  must(message && message->payload == data, "a message changed");
  keystone::decode_token(text, keys());
}

void read_rule(std::string_view text) {
  access::ParseNotes notes;
  const access::Rule rule = access::parse_rule(text, notes);
  access::Caller caller;
  caller.roles = {"admin", "Member"};
  caller.user_id = access::UserId("u");
  const access::PairsTarget target = {{"a", "u"}, {"b", true}, {"c", nullptr}, {"d", 12}};
  const bool before = access::holds(rule, caller, target);
  access::why(rule, caller, target);
  if (!notes.warnings.empty()) return;
  const access::Rule again = access::parse_rule(access::rule_text(rule), notes);
  must(access::holds(again, caller, target) == before, "a rule changed when it was shown");
}

void read_policy_file(std::string_view text) {
  auto overrides = access::parse_policy_file(text);
  if (!overrides) return;
  constexpr access::PolicyDefault kDefaults[] = {{"a", "role:admin"}, {"b", "rule:a"}};
  const auto policy = access::Policy::make(kDefaults, std::move(*overrides));
  if (!policy) return;
  policy->check("b", access::Caller());
  policy->explain("b", access::Caller(), access::PairsTarget());
}

}  // namespace
}  // namespace haneul

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  haneul::log::set_level(haneul::log::Level::error);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view data(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  switch (bytes[0] % 5) {
    case 0:
      haneul::read_payload(data);
      break;
    case 1:
      haneul::read_token(data);
      break;
    case 2:
      haneul::read_signed(data);
      break;
    case 3:
      haneul::read_rule(data);
      break;
    default:
      haneul::read_policy_file(data);
      break;
  }
  return 0;
}
