#include "services/keystone/logic/receipt_payload.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace haneul::keystone {
namespace {

const std::string kUser = "0123456789abcdef0123456789abcdef";
constexpr std::string_view kThree[] = {"password", "token", "totp"};

ReceiptPayload receipt(std::string user_id, std::vector<std::string> methods) {
  return {std::move(user_id), std::move(methods), {}, *parse_instant("2026-01-02T03:04:05Z")};
}

// What upstream's ReceiptPayload makes of the same values.
TEST(ReceiptPayload, IsUpstreamsByteForByte) {
  const struct {
    ReceiptPayload receipt;
    const char* hex;
  } cases[] = {{receipt(kUser, {"password"}),
                "9392c3c4100123456789abcdef0123456789abcdef02cb41da55cd69400000"},
               {receipt("ldap-user@example.org", {"token", "password"}),
                "9392c2b56c6461702d75736572406578616d706c652e6f726706cb41da55cd69400000"}};
  for (const auto& c : cases) {
    EXPECT_EQ(to_hex(encode_payload(c.receipt)), c.hex);
    EXPECT_EQ(decode_receipt_payload(*from_hex(c.hex)), c.receipt);
  }
  auto sent = receipt(kUser, {"totp", "password"});
  sent.expires_at = *parse_instant("2026-01-02T03:04:05.678901Z");
  EXPECT_EQ(to_hex(encode_payload(sent, kThree)),
            "9392c3c4100123456789abcdef0123456789abcdef05cb41da55cd696b731d");
}

TEST(ReceiptPayload, EveryCutIsRefused) {
  const std::string whole = encode_payload(receipt(kUser, {"password"}));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(decode_receipt_payload(std::string_view(whole).substr(0, length))) << length;
  }
  EXPECT_FALSE(decode_receipt_payload(whole + "x"));
}

TEST(Receipt, TravelsAndKnowsWhenItWasMade) {
  const FernetKeys keys = {FernetKey::parse(FernetKey::generate()).value()};
  const Instant now = *parse_instant("2026-01-02T02:59:05.999Z");
  auto sent = receipt(kUser, {"totp"});
  const std::string text = encode_receipt(sent, keys, now, kThree);
  EXPECT_EQ(text.find('='), std::string::npos);
  sent.issued_at = now.truncated();
  EXPECT_EQ(decode_receipt(text, keys, kThree), sent);
  EXPECT_FALSE(decode_receipt(text, {FernetKey::parse(FernetKey::generate()).value()}, kThree));
}

TEST(Receipt, AndTokensAreNotTheSame) {
  const FernetKeys keys = {FernetKey::parse(FernetKey::generate()).value()};
  const Instant now = *parse_instant("2026-01-02T02:59:05Z");
  EXPECT_FALSE(decode_token(encode_receipt(receipt(kUser, {"password"}), keys, now), keys));
  TokenPayload token;
  token.user_id = kUser;
  token.methods = {"password"};
  token.expires_at = now;
  EXPECT_FALSE(decode_receipt(encode_token(token, keys, now), keys));
}

}  // namespace
}  // namespace haneul::keystone
