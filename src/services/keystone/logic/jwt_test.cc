#include "services/keystone/logic/jwt.h"

#include <memory>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "base/text.h"

namespace haneul::keystone {
namespace {

std::string encoded(std::string_view bytes) {
  auto text = base64url_encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

// A provider's key pair, and tokens signed with it.
class Signer {
 public:
  explicit Signer(bool ec)
      : ec_(ec), key_(ec ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048), EVP_PKEY_free) {}

  std::string jwk(std::string_view id) const {
    if (ec_) {
      return fmt::format(R"({{"kty":"EC","crv":"P-256","kid":"{}","x":"{}","y":"{}"}})", id,
                         number(OSSL_PKEY_PARAM_EC_PUB_X, 32),
                         number(OSSL_PKEY_PARAM_EC_PUB_Y, 32));
    }
    return fmt::format(R"({{"kty":"RSA","use":"sig","kid":"{}","n":"{}","e":"{}"}})", id,
                       number(OSSL_PKEY_PARAM_RSA_N, 256), number(OSSL_PKEY_PARAM_RSA_E, 3));
  }

  std::string token(std::string_view header, std::string_view claims, bool pss = false) const {
    const std::string text = encoded(header) + "." + encoded(claims);
    return text + "." + encoded(sign(text, pss));
  }

 private:
  std::string number(const char* name, int size) const {
    BIGNUM* bn = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &bn);
    std::string bytes(static_cast<std::size_t>(size), '\0');
    BN_bn2binpad(bn, reinterpret_cast<unsigned char*>(bytes.data()), size);
    BN_free(bn);
    return encoded(bytes);
  }
  std::string sign(const std::string& text, bool pss) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* parameters = nullptr;
    EVP_DigestSignInit(context, &parameters, EVP_sha256(), nullptr, key_.get());
    if (pss) {
      EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST);
    }
    std::size_t size = 512;
    std::string out(size, '\0');
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &size,
                   reinterpret_cast<const unsigned char*>(text.data()), text.size());
    EVP_MD_CTX_free(context);
    out.resize(size);
    return ec_ ? raw(out) : out;
  }
  static std::string raw(const std::string& der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    std::string out(64, '\0');
    auto* bytes = reinterpret_cast<unsigned char*>(out.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), bytes, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), bytes + 32, 32);
    ECDSA_SIG_free(signature);
    return out;
  }

  const bool ec_;
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
};

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
