#include "services/keystone/logic/saml_writer.h"

#include <memory>

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/text.h"

namespace haneul::keystone {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

struct Pair {
  Key key{EVP_RSA_gen(2048), EVP_PKEY_free};
  std::string key_pem, certificate_pem;

  Pair() {
    X509* certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key.get());
    X509_sign(certificate, key.get(), EVP_sha256());
    key_pem = written([&](BIO* out) {
      PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    certificate_pem = written([&](BIO* out) { PEM_write_bio_X509(out, certificate); });
    X509_free(certificate);
  }
  template <class F>
  static std::string written(F write) {
    BIO* out = BIO_new(BIO_s_mem());
    write(out);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(out);
    return text;
  }
};

std::string between(const std::string& text, std::string_view begin, std::string_view end) {
  const auto from = text.find(begin);
  const auto to = text.find(end, from);
  EXPECT_NE(from, std::string::npos) << begin;
  return text.substr(from, to + end.size() - from);
}

std::string inside(const std::string& text, const std::string& tag) {
  const auto whole = between(text, "<" + tag + ">", "</" + tag + ">");
  return whole.substr(tag.size() + 2, whole.size() - 2 * tag.size() - 5);
}

bool is_signed(EVP_PKEY* key, const std::string& text, const std::string& signature) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key);
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                          text.size()) == 1;
}

SamlStatement statement() {
  SamlStatement s{.issuer = "https://here.test/idp", .recipient = "https://far.test/?a=\"1\"&b"};
  s.user = "a<b&c";
  s.roles = {"admin", "member"};
  s.now = Instant::from_seconds(1'767'225'600);
  s.expires_at = s.now + std::chrono::hours(1);
  s.assertion_id = "_a", s.response_id = "_r", s.session_id = "_s";
  return s;
}

TEST(SamlWriter, SignsTheAssertionAndNothingElse) {
  const Pair pair;
  const auto key = SamlKey::read(pair.key_pem, pair.certificate_pem);
  ASSERT_TRUE(key) << key.reason();
  const auto text = saml_response(statement(), *key);
  auto assertion = between(text, "<saml:Assertion ", "</saml:Assertion>");
  const auto signature = between(assertion, "<ds:Signature ", "</ds:Signature>");
  assertion.erase(assertion.find(signature), signature.size());
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(assertion.data(), assertion.size(), digest, &size, EVP_sha256(), nullptr);
  EXPECT_EQ(inside(signature, "ds:DigestValue"),
            base64_encode({reinterpret_cast<char*>(digest), size}));
  auto info = between(signature, "<ds:SignedInfo>", "</ds:SignedInfo>");
  info.insert(std::string("<ds:SignedInfo").size(),
              " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"");
  const auto value = base64_decode(inside(signature, "ds:SignatureValue"));
  ASSERT_TRUE(value);
  EXPECT_TRUE(is_signed(pair.key.get(), info, *value));
  EXPECT_NE(signature.find("URI=\"#_a\""), std::string::npos);
}

TEST(SamlWriter, EscapesWhatUsersWrote) {
  const Pair pair;
  const auto text = saml_response(statement(), *SamlKey::read(pair.key_pem, pair.certificate_pem));
  EXPECT_NE(text.find("<saml:NameID>a&lt;b&amp;c</saml:NameID>"), std::string::npos);
  EXPECT_NE(text.find("Recipient=\"https://far.test/?a=&quot;1&quot;&amp;b\""), std::string::npos);
  EXPECT_NE(text.find("NotOnOrAfter=\"2026-01-01T01:00:00Z\""), std::string::npos);
}

TEST(SamlWriter, AKeyMustBelongToItsCertificate) {
  const Pair one, other;
  EXPECT_FALSE(SamlKey::read(one.key_pem, other.certificate_pem));
  EXPECT_FALSE(SamlKey::read("", one.certificate_pem));
  EXPECT_FALSE(SamlKey::read(one.key_pem, "nonsense"));
}

}  // namespace
}  // namespace haneul::keystone
