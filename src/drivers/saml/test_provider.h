#pragma once
// For tests only: an identity provider that signs whatever it is given.
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "base/text.h"

namespace haneul::saml {

// What an assertion says. Texts are written as they are.
struct Said {
  std::string id = "_a", issuer = "https://idp.test", audience = "https://sp.test",
              recipient = "https://sp.test/acs", in_response_to = "_request", name_id = "ada",
              conditions, statement = "<saml:AuthnStatement></saml:AuthnStatement>",
              attributes =
                  "<saml:Attribute Name=\"mail\"><saml:AttributeValue>ada@idp.test"
                  "</saml:AttributeValue></saml:Attribute>";
  Instant at, until;
};

struct Signing {
  std::string method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
              digest = "http://www.w3.org/2001/04/xmlenc#sha256",
              canonical = "http://www.w3.org/2001/10/xml-exc-c14n#", more_transforms;
  const EVP_MD* hash = EVP_sha256();
};

class TestProvider {
 public:
  explicit TestProvider(EVP_PKEY* key = EVP_RSA_gen(2048)) : key_(key, EVP_PKEY_free) {
    X509* certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key_.get());
    X509_sign(certificate, key_.get(), EVP_sha256());
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    certificate_.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    X509_free(certificate);
  }

  const std::string& certificate() const { return certificate_; }

  std::string metadata(std::string_view entity_id = "https://idp.test") const {
    return fmt::format(
        "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{}\">"
        "<md:IDPSSODescriptor><md:KeyDescriptor use=\"signing\"><ds:KeyInfo "
        "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data><ds:X509Certificate>\n{}\n"
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        "<md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" "
        "Location=\"https://idp.test/sso\"/></md:IDPSSODescriptor></md:EntityDescriptor>",
        entity_id, base64_encode(certificate_));
  }

  // In exclusive canonical form, so that its bytes are what is hashed.
  static std::string assertion(const Said& said) {
    const auto audience = said.audience.empty()
                              ? ""
                              : fmt::format(
                                    "<saml:AudienceRestriction><saml:Audience>{}</saml:Audience>"
                                    "</saml:AudienceRestriction>",
                                    said.audience);
    const auto answers =
        said.in_response_to.empty() ? "" : fmt::format(" InResponseTo=\"{}\"", said.in_response_to);
    return fmt::format(
        "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{0}\" "
        "IssueInstant=\"{1}\" Version=\"2.0\"><saml:Issuer>{2}</saml:Issuer><saml:Subject>"
        "<saml:NameID>{3}</saml:NameID><saml:SubjectConfirmation "
        "Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData{4} "
        "NotOnOrAfter=\"{5}\" Recipient=\"{6}\"></saml:SubjectConfirmationData>"
        "</saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore=\"{1}\" "
        "NotOnOrAfter=\"{5}\">{7}{8}</saml:Conditions>{9}<saml:AttributeStatement>{10}"
        "</saml:AttributeStatement></saml:Assertion>",
        said.id, iso_seconds(said.at), said.issuer, said.name_id, answers, iso_seconds(said.until),
        said.recipient, audience, said.conditions, said.statement, said.attributes);
  }

  static std::string response(std::string_view inside, const Said& said,
                              std::string_view status = "Success") {
    const auto answers =
        said.in_response_to.empty() ? "" : fmt::format(" InResponseTo=\"{}\"", said.in_response_to);
    return fmt::format(
        "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" Destination=\"{}\" "
        "ID=\"_r\"{} IssueInstant=\"{}\" Version=\"2.0\">"
        "<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{}</saml:Issuer>"
        "<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:{}\">"
        "</samlp:StatusCode></samlp:Status>{}</samlp:Response>",
        said.recipient, answers, iso_seconds(said.at), said.issuer, status, inside);
  }

  // <ds:Signature> over an element in canonical form with this id.
  std::string signature(std::string_view element, std::string_view id,
                        const Signing& how = {}) const {
    const auto info = [&](std::string_view xmlns) {
      return fmt::format(
          "<ds:SignedInfo{}><ds:CanonicalizationMethod Algorithm=\"{}\">"
          "</ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod>"
          "<ds:Reference URI=\"#{}\"><ds:Transforms><ds:Transform "
          "Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>"
          "<ds:Transform Algorithm=\"{}\"></ds:Transform>{}</ds:Transforms><ds:DigestMethod "
          "Algorithm=\"{}\"></ds:DigestMethod><ds:DigestValue>{}</ds:DigestValue></ds:Reference>"
          "</ds:SignedInfo>",
          xmlns, how.canonical, how.method, id, how.canonical, how.more_transforms, how.digest,
          base64_encode(hashed(element, how.hash)));
    };
    const std::string xmlns = " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
    return fmt::format("<ds:Signature{}>{}<ds:SignatureValue>{}</ds:SignatureValue></ds:Signature>",
                       xmlns, info(""), base64_encode(signed_bytes(info(xmlns), how.hash)));
  }

  // The element with its signature where SAML has it: after its issuer.
  std::string sign(std::string element, std::string_view id, const Signing& how = {}) const {
    constexpr std::string_view kIssuerEnds = "</saml:Issuer>";
    const auto mark = signature(element, id, how);
    element.insert(element.find(kIssuerEnds) + kIssuerEnds.size(), mark);
    return element;
  }

  // What a good provider sends.
  std::string good_response(const Said& said) const {
    return response(sign(assertion(said), said.id), said);
  }

 private:
  static std::string hashed(std::string_view text, const EVP_MD* hash) {
    std::string out(EVP_MAX_MD_SIZE, '\0');
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), &size, hash,
               nullptr);
    out.resize(size);
    return out;
  }
  std::string signed_bytes(std::string_view text, const EVP_MD* hash) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, hash, nullptr, key_.get());
    std::size_t size = 1024;
    std::string out(size, '\0');
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                   reinterpret_cast<const unsigned char*>(text.data()), text.size());
    out.resize(size);
    return EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_EC ? two_numbers(out) : out;
  }

  // XML has the two numbers of an elliptic signature, OpenSSL a structure around them.
  static std::string two_numbers(const std::string& structure) {
    const auto* at = reinterpret_cast<const unsigned char*>(structure.data());
    ECDSA_SIG* read = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(structure.size()));
    std::string out(64, '\0');  // of P-256
    auto* bytes = reinterpret_cast<unsigned char*>(out.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(read), bytes, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(read), bytes + 32, 32);
    ECDSA_SIG_free(read);
    return out;
  }

  std::shared_ptr<EVP_PKEY> key_;
  std::string certificate_;
};

}  // namespace haneul::saml
