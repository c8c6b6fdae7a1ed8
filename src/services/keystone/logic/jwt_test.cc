#include "services/keystone/logic/jwt.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "services/keystone/logic/test_signer.h"

namespace haneul::keystone {
namespace {

const Instant kNow = Instant::from_seconds(1'767'225'600);
const JwtRules kRules{"https://idp.test", {"haneul"}, kNow};
constexpr auto kRsa = R"({"alg":"RS256","kid":"r"})";
constexpr auto kGood = R"({"iss":"https://idp.test","aud":"haneul","sub":"ada","exp":1767225700})";

struct Keys {
  Signer rsa{false}, ec{true}, other{false};
  json::Value set = *json::parse(fmt::format(R"({{"keys":[{},{}]}})", rsa.jwk("r"), ec.jwk("e")));
};
const Keys& keys() {
  static const Keys kKeys;
  return kKeys;
}

TEST(Jwt, ThreeAlgorithmsAreTaken) {
  const auto& k = keys();
  const std::string tokens[] = {
      k.rsa.token(kRsa, kGood), k.rsa.token(R"({"alg":"PS256","kid":"r"})", kGood, true),
      k.ec.token(R"({"alg":"ES256","kid":"e"})", kGood), k.rsa.token(R"({"alg":"RS256"})", kGood)};
  for (const auto& token : tokens) {
    const auto claims = verify_jwt(token, k.set, kRules);
    ASSERT_TRUE(claims) << claims.reason();
    EXPECT_EQ(*claims->find("sub")->text(), "ada");
  }
  EXPECT_EQ(jwt_key_id(tokens[0]), "r");
  EXPECT_EQ(jwt_key_id(tokens[3]), "");
}

std::string with_secret(std::string_view header, const std::string& secret) {
  const std::string text = encoded(header) + "." + encoded(kGood);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
  return text + "." + encoded({reinterpret_cast<char*>(mac), size});
}

TEST(Jwt, ForgeriesAreRefused) {
  const auto& k = keys();
  const auto good = k.rsa.token(kRsa, kGood);
  auto changed = good;
  changed[changed.size() - 10] = changed[changed.size() - 10] == 'A' ? 'B' : 'A';
  const auto dot = good.rfind('.');
  const std::string tokens[] = {"",
                                "ey",
                                "ey.ey.ey",
                                changed,
                                good + "=",
                                good.substr(0, dot + 1),
                                encoded(R"({"alg":"none"})") + "." + encoded(kGood) + ".",
                                encoded(R"({"alg":"none"})") + good.substr(good.find('.')),
                                with_secret(R"({"alg":"HS256","kid":"r"})", k.rsa.jwk("r")),
                                k.other.token(kRsa, kGood),
                                k.rsa.token(R"({"alg":"RS256","kid":"e"})", kGood),
                                k.rsa.token(R"({"alg":"PS256","kid":"r"})", kGood),
                                k.rsa.token(R"({"alg":"RS512","kid":"r"})", kGood),
                                k.rsa.token(R"({"alg":"RS256","kid":"r","crit":["x"]})", kGood),
                                k.ec.token(R"({"alg":"RS256","kid":"e"})", kGood)};
  for (const auto& token : tokens) EXPECT_FALSE(verify_jwt(token, k.set, kRules)) << token;
  EXPECT_FALSE(verify_jwt(good, json::Value(json::Object()), kRules));
}

struct Claims {
  const char* text;
  bool good;
};

TEST(Jwt, ClaimsAreHeldAgainstTheRules) {
  const Claims all[] = {
      {kGood, true},
      {R"({"iss":"https://idp.test","aud":["x","haneul"],"exp":1767225700})", true},
      {R"({"iss":"https://idp.test","aud":"account","azp":"haneul","exp":1767225700})", true},
      {R"({"iss":"https://idp.test","aud":"account","exp":1767225700})", false},
      {R"({"iss":"https://idp.test","exp":1767225700})", false},
      {R"({"iss":"https://evil.test","aud":"haneul","exp":1767225700})", false},
      {R"({"aud":"haneul","exp":1767225700})", false},
      {R"({"iss":"https://idp.test","aud":"haneul"})", false},
      {R"({"iss":"https://idp.test","aud":"haneul","exp":"1767225700"})", false},
      {R"({"iss":"https://idp.test","aud":"haneul","exp":1767225541})", true},
      {R"({"iss":"https://idp.test","aud":"haneul","exp":1767225540})", false},
      {R"({"iss":"https://idp.test","aud":"haneul","exp":1767225700,"nbf":1767225660})", true},
      {R"({"iss":"https://idp.test","aud":"haneul","exp":1767225700,"nbf":1767225661})", false},
      {R"({"iss":"https://idp.test","aud":"haneul","exp":1767225700,"iat":1767225661})", false}};
  for (const auto& [text, good] : all) {
    const auto token = keys().rsa.token(kRsa, text);
    EXPECT_EQ(static_cast<bool>(verify_jwt(token, keys().set, kRules)), good) << text;
  }
}

}  // namespace
}  // namespace haneul::keystone
