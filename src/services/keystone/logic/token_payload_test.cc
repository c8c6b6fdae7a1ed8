#include "services/keystone/logic/token_payload.h"

#include <stdexcept>

#include <gtest/gtest.h>

#include "base/text.h"
#include "services/keystone/logic/msgpack.h"

namespace haneul::keystone {
namespace {

const std::string kUser = "0123456789abcdef0123456789abcdef";
const std::string kProject = "fedcba9876543210fedcba9876543210";
const std::string kDomain = "aaaabbbbccccddddeeeeffff00001111";
const std::string kOther = "11111111111111111111111111111111";

TokenPayload token(PayloadKind kind) {
  TokenPayload made;
  made.kind = kind;
  made.user_id = kUser;
  made.methods = {"token", "password"};
  made.expires_at = *parse_instant("2026-01-02T03:04:05.678901Z");
  made.audit_ids = {"AAECAwQFBgcICQoLDA0ODw", "_____________________w"};
  return made;
}

struct Case {
  const char* name;
  TokenPayload token;
  std::string hex;  // what upstream's payload classes make of the same values
};

template <class Change>
Case make_case(const char* name, PayloadKind kind, Change change, std::string hex) {
  Case made{name, token(kind), std::move(hex)};
  change(made.token);
  return made;
}

void federate(TokenPayload& t) {
  t.identity_provider_id = "idp";
  t.protocol_id = "mapped";
}

std::vector<Case> cases() {
  using T = TokenPayload;
  using Kind = PayloadKind;
  return {
      make_case(
          "unscoped", Kind::unscoped, [](T& t) { t.user_id = "ldap-user@example.org"; },
          "950092c2b56c6461702d75736572406578616d706c652e6f726706cb41da55cd696b731d92c4100001020304"
          "05060708090a0b0c0d0e0fc410ffffffffffffffffffffffffffffffff"),
      make_case(
          "default domain", Kind::domain, [](T& t) { t.domain_id = "default"; },
          "960192c3c4100123456789abcdef0123456789abcdef06a764656661756c74cb41da55cd696b731d92c41000"
          "0102030405060708090a0b0c0d0e0fc410ffffffffffffffffffffffffffffffff"),
      make_case(
          "domain", Kind::domain, [](T& t) { t.domain_id = kDomain; },
          "960192c3c4100123456789abcdef0123456789abcdef06c410aaaabbbbccccddddeeeeffff00001111cb41da"
          "55cd696b731d92c410000102030405060708090a0b0c0d0e0fc410ffffffffffffffffffffffffffffffff"),
      make_case(
          "project", Kind::project, [](T& t) { t.project_id = kProject; },
          "960292c3c4100123456789abcdef0123456789abcdef0692c3c410fedcba9876543210fedcba9876543210cb"
          "41da55cd696b731d92c410000102030405060708090a0b0c0d0e0fc410ffffffffffffffffffffffffffffff"
          "ff"),
      make_case(
          "trust", Kind::trust, [](T& t) { t.project_id = kProject, t.trust_id = kOther; },
          "970392c3c4100123456789abcdef0123456789abcdef0692c3c410fedcba9876543210fedcba9876543210cb"
          "41da55cd696b731d92c410000102030405060708090a0b0c0d0e0fc410ffffffffffffffffffffffffffffff"
          "ffc41011111111111111111111111111111111"),
      make_case(
          "federated", Kind::federated_unscoped,
          [](T& t) {
            t.methods = {"mapped"}, t.federated_group_ids = {kOther, "people"}, federate(t);
          },
          "980492c3c4100123456789abcdef0123456789abcdef109292c3c41011111111111111111111111111111111"
          "92c2a670656f706c6592c2a3696470a66d6170706564cb41da55cd696b731d92c41000010203040506070809"
          "0a0b0c0d0e0fc410ffffffffffffffffffffffffffffffff"),
      make_case(
          "federated project", Kind::federated_project,
          [](T& t) { t.project_id = kProject, t.federated_group_ids = {kOther}, federate(t); },
          "990592c3c4100123456789abcdef0123456789abcdef0692c3c410fedcba9876543210fedcba987654321091"
          "92c3c4101111111111111111111111111111111192c2a3696470a66d6170706564cb41da55cd696b731d92c4"
          "10000102030405060708090a0b0c0d0e0fc410ffffffffffffffffffffffffffffffff"),
      make_case(
          "federated domain", Kind::federated_domain,
          [](T& t) { t.domain_id = kDomain, federate(t); },
          "990692c3c4100123456789abcdef0123456789abcdef0692c3c410aaaabbbbccccddddeeeeffff0000111190"
          "92c2a3696470a66d6170706564cb41da55cd696b731d92c410000102030405060708090a0b0c0d0e0fc410ff"
          "ffffffffffffffffffffffffffffff"),
      make_case(
          "oauth", Kind::oauth, [](T& t) { t.project_id = kProject, t.access_token_id = kOther; },
          "970792c3c4100123456789abcdef0123456789abcdef0692c3c410fedcba9876543210fedcba987654321092"
          "c3c41011111111111111111111111111111111cb41da55cd696b731d92c410000102030405060708090a0b0c"
          "0d0e0fc410ffffffffffffffffffffffffffffffff"),
      make_case(
          "system", Kind::system, [](T& t) { t.system = "all"; },
          "960892c3c4100123456789abcdef0123456789abcdef06a3616c6ccb41da55cd696b731d92c4100001020304"
          "05060708090a0b0c0d0e0fc410ffffffffffffffffffffffffffffffff"),
      make_case(
          "application credential", Kind::application_credential,
          [](T& t) {
            t.methods = {"application_credential"}, t.project_id = kProject, t.app_cred_id = kOther;
          },
          "970992c3c4100123456789abcdef0123456789abcdef2092c3c410fedcba9876543210fedcba9876543210cb"
          "41da55cd696b731d92c410000102030405060708090a0b0c0d0e0fc410ffffffffffffffffffffffffffffff"
          "ff92c3c41011111111111111111111111111111111"),
  };
}

TEST(TokenPayload, IsUpstreamsByteForByte) {
  for (const Case& c : cases()) {
    EXPECT_EQ(to_hex(encode_payload(c.token)), c.hex) << c.name;
    const auto read = decode_payload(*from_hex(c.hex));
    ASSERT_TRUE(read) << c.name;
    EXPECT_EQ(*read, c.token) << c.name;
  }
}

TEST(TokenPayload, ChoosesTheKindUpstreamWould) {
  for (const Case& c : cases()) EXPECT_EQ(payload_kind(c.token), c.token.kind) << c.name;
}

TEST(TokenPayload, CarriesACertificatesThumbprint) {
  TokenPayload sent = token(PayloadKind::oauth2_credential);
  sent.project_id = kProject;
  sent.thumbprint = "abc";
  EXPECT_EQ(payload_kind(sent), sent.kind);
  EXPECT_EQ(*decode_payload(encode_payload(sent)), sent);
}

TEST(TokenPayload, KeepsIdsAsTheyWere) {
  TokenPayload sent = token(PayloadKind::project);
  for (const char* id : {"0123456789ABCDEF0123456789ABCDEF", "x", "sixteen letters!",
                         "01234567-89ab-cdef-0123-456789abcdef"}) {
    sent.user_id = sent.project_id = id;
    EXPECT_EQ(*decode_payload(encode_payload(sent)), sent) << id;
  }
}

TEST(TokenPayload, EveryCutIsRefused) {
  for (const Case& c : cases()) {
    const std::string whole = *from_hex(c.hex);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      EXPECT_FALSE(decode_payload(std::string_view(whole).substr(0, length))) << c.name << length;
    }
    EXPECT_FALSE(decode_payload(whole + "x")) << c.name;
  }
}

TEST(TokenPayload, SurvivesChangedBytes) {
  for (const Case& c : cases()) {
    const std::string whole = *from_hex(c.hex);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string bad = whole;
        bad[at] = static_cast<char>(byte);
        if (const auto read = decode_payload(bad)) {
          EXPECT_GE(read->expires_at.micros, 0);
          EXPECT_TRUE(is_valid_utf8(read->user_id + read->project_id + read->protocol_id));
        }
      }
    }
  }
}

TEST(TokenPayload, RefusesImpossibleTimes) {
  for (const double seconds : {-1.0, 1e300, 253'402'300'800.0, 0.0 / 0.0 * -1}) {
    MsgpackWriter out;
    out.array(5).integer(0).array(2).boolean(false).text("u").integer(2).real(seconds).array(0);
    EXPECT_FALSE(decode_payload(out.take())) << seconds;
  }
}

TEST(TokenPayload, RefusesToEncodeWhatCannotTravel) {
  TokenPayload bad = token(PayloadKind::unscoped);
  bad.audit_ids = {"not base64!"};
  EXPECT_THROW(encode_payload(bad), std::invalid_argument);
  bad = token(PayloadKind::trust);
  bad.trust_id = "short";
  EXPECT_THROW(encode_payload(bad), std::invalid_argument);
}

TEST(TokenPayload, MethodsAreBits) {
  EXPECT_EQ(methods_to_bits({"password"}), 2u);
  EXPECT_EQ(methods_to_bits({"password", "token", "password", "no such"}), 6u);
  EXPECT_EQ(methods_from_bits(6), (std::vector<std::string>{"token", "password"}));
  EXPECT_TRUE(methods_from_bits(0).empty());
  constexpr std::string_view kTwo[] = {"password", "totp"};
  EXPECT_EQ(methods_to_bits({"totp"}, kTwo), 2u);
  EXPECT_EQ(methods_from_bits(3, kTwo), (std::vector<std::string>{"totp", "password"}));
}

TEST(Token, TravelsWithoutPaddingAndKnowsWhenItWasMade) {
  const FernetKeys keys = {FernetKey::parse(FernetKey::generate()).value()};
  const Instant now = *parse_instant("2026-01-02T02:04:05.999Z");
  TokenPayload sent = token(PayloadKind::project);
  sent.project_id = kProject;
  const std::string text = encode_token(sent, keys, now);
  EXPECT_EQ(text.find('='), std::string::npos);
  EXPECT_LT(text.size(), 255u);
  sent.issued_at = now.truncated();
  EXPECT_EQ(*decode_token(text, keys), sent);
  EXPECT_FALSE(decode_token(fernet_encrypt(keys, "nonsense", now), keys));
}

}  // namespace
}  // namespace haneul::keystone
