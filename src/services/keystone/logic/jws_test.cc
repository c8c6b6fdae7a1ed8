#include "services/keystone/logic/jws.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace haneul::keystone {
namespace {

struct Pair {
  JwsKeyPair pem = make_jws_key_pair();
  JwsKey secret = JwsKey::parse_private(pem.private_pem).value();
  JwsKey open = JwsKey::parse_public(pem.public_pem).value();
};

std::string unpadded(std::string text) {
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::string part(std::string_view raw) {
  return unpadded(base64url_encode(raw));
}

TokenPayload full_token() {
  TokenPayload token;
  token.user_id = "u1";
  token.methods = {"password", "token"};
  token.project_id = "p1";
  token.issued_at = Instant::from_seconds(1'767'225'600);
  token.expires_at = Instant::from_seconds(1'767'229'200);
  token.audit_ids = {"AAAA", "BBBB"};
  token.app_cred_id = "c1";
  token.federated_group_ids = {"g1", "g2"};
  token.identity_provider_id = "idp";
  token.protocol_id = "mapped";
  token.kind = payload_kind(token);
  return token;
}

TEST(Jws, ComesBackAsItWent) {
  const Pair pair;
  const TokenPayload token = full_token();
  const std::string text = encode_jws_token(token, pair.secret, token.issued_at);
  EXPECT_EQ(decode_jws_token(text, {pair.open}), token);
}

TEST(Jws, AnyOfTheKeysWillDoAndNoOther) {
  const Pair pair, other;
  const std::string text = jws_sign("hello", pair.secret);
  EXPECT_EQ(jws_verify(text, {other.open, pair.open}), "hello");
  EXPECT_EQ(jws_verify(text, {other.open}), std::nullopt);
  EXPECT_EQ(jws_verify(text, {}), std::nullopt);
}

TEST(Jws, NoPartMayChange) {
  const Pair pair;
  const std::string text = jws_sign("hello", pair.secret);
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string bad = text;
    bad[at] = bad[at] == 'A' ? 'B' : 'A';
    EXPECT_EQ(jws_verify(bad, {pair.open}), std::nullopt) << at;
  }
  for (const std::string& bad : {text + "=", text + ".", "." + text, text + "A", std::string(),
                                 std::string(".."), text.substr(0, text.rfind('.') + 1)}) {
    EXPECT_EQ(jws_verify(bad, {pair.open}), std::nullopt) << bad;
  }
}

// What other libraries were once talked into.
TEST(Jws, TakesNoOtherAlgorithm) {
  const Pair pair;
  const std::string good = jws_sign("hello", pair.secret);
  const std::string signature = good.substr(good.rfind('.') + 1);
  for (const char* header :
       {R"({"alg":"none","typ":"JWT"})", R"({"alg":"HS256"})", R"({"typ":"JWT"})", R"({"alg":1})",
        "[]", "", R"({"alg":"es256"})", R"({"alg":"ES256","crit":["b64"],"b64":false})"}) {
    EXPECT_EQ(jws_verify(part(header) + "." + part("hello") + "." + signature, {pair.open}),
              std::nullopt)
        << header;
    EXPECT_EQ(jws_verify(part(header) + "." + part("hello") + ".", {pair.open}), std::nullopt);
  }
}

TEST(Jws, TakesNoKeyOfAnotherKind) {
  const Pair pair;
  EXPECT_FALSE(JwsKey::parse_public(pair.pem.private_pem));
  EXPECT_FALSE(JwsKey::parse_private(pair.pem.public_pem));
  EXPECT_FALSE(JwsKey::parse_public("no key"));
  EXPECT_FALSE(JwsKey::parse_public(""));
  // On the curve P-384, by openssl ecparam.
  EXPECT_FALSE(
      JwsKey::parse_public("-----BEGIN PUBLIC KEY-----\n"
                           "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAELjlWbr45eMqlT7gyG8xx9tbV4Ox8xhht\n"
                           "pvCpUDxdpubnMd0U8Bl/pM97Dd5+3nfA/Ghe/+5j03eyF7K7TPx7qIWveNr7STHK\n"
                           "aw+89eBehmmclOf4+kYSoJZnJ1sjCSYC\n"
                           "-----END PUBLIC KEY-----\n"));
}

TEST(Jws, ATokenNeedsItsClaims) {
  const Pair pair;
  const auto decoded = [&](std::string_view claims) {
    return decode_jws_token(jws_sign(claims, pair.secret), {pair.open}).has_value();
  };
  const std::string rest = R"("openstack_methods":["password"],"openstack_audit_ids":["AAAA"]})";
  EXPECT_TRUE(decoded(R"({"sub":"u","iat":1,"exp":2,)" + rest));
  for (const char* bad :
       {R"({"iat":1,"exp":2,)", R"({"sub":1,"iat":1,"exp":2,)", R"({"sub":"u","exp":2,)",
        R"({"sub":"u","iat":1,)", R"({"sub":"u","iat":-1,"exp":2,)",
        R"({"sub":"u","iat":1,"exp":2.5,)", R"({"sub":"u","iat":1,"exp":99999999999999,)",
        R"({"sub":"u","iat":1,"exp":2,"openstack_project_id":7,)",
        R"({"sub":"u","iat":1,"exp":2,"openstack_group_ids":[7],)"}) {
    EXPECT_FALSE(decoded(bad + rest)) << bad;
  }
  EXPECT_FALSE(decoded("[]"));
  EXPECT_FALSE(decoded("no JSON"));
  EXPECT_FALSE(decoded(R"({"sub":"u","iat":1,"exp":2})"));
}

}  // namespace
}  // namespace haneul::keystone
