#include "services/keystone/logic/saml_writer.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "services/keystone/logic/digest.h"

// What is signed is written in exclusive canonical form from the start: namespaces where they are
// first used, attributes in order, no empty tags. So its bytes are what a reader hashes.
namespace haneul::keystone {
namespace {

constexpr std::string_view kAssertion = "urn:oasis:names:tc:SAML:2.0:assertion";
constexpr std::string_view kProtocol = "urn:oasis:names:tc:SAML:2.0:protocol";
constexpr std::string_view kSignature = "http://www.w3.org/2000/09/xmldsig#";
constexpr std::string_view kCanonical = "http://www.w3.org/2001/10/xml-exc-c14n#";

// For text and for attributes alike; characters that XML has not are left out.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= ' ' || c == '\n' || c == '\t') out += c;
    }
  }
  return out;
}

// In attributes blanks and quotes are written otherwise, and '>' is left alone.
std::string in_attribute(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#xA;";
        break;
      case '\t':
        out += "&#x9;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= ' ') out += c;
    }
  }
  return out;
}

std::string attribute(std::string_view name, const std::vector<std::string>& values) {
  std::string out = fmt::format("<saml:Attribute Name=\"{}\">", name);
  for (const auto& value : values) {
    out += fmt::format("<saml:AttributeValue>{}</saml:AttributeValue>", escaped(value));
  }
  return out + "</saml:Attribute>";
}

std::string attributes(const SamlStatement& s) {
  std::string out = "<saml:AttributeStatement>";
  out += attribute("openstack_user", {s.user});
  out += attribute("openstack_roles", s.roles);
  out += attribute("openstack_project", {s.project});
  out += attribute("openstack_project_domain", {s.project_domain});
  out += attribute("openstack_user_domain", {s.user_domain});
  if (!s.groups.empty()) out += attribute("openstack_groups", s.groups);
  return out + "</saml:AttributeStatement>";
}

std::string head_of_assertion(const SamlStatement& s) {
  return fmt::format(
      "<saml:Assertion xmlns:saml=\"{}\" ID=\"{}\" IssueInstant=\"{}\" Version=\"2.0\">"
      "<saml:Issuer Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\">{}</saml:Issuer>",
      kAssertion, in_attribute(s.assertion_id), iso_seconds(s.now), escaped(s.issuer));
}

std::string tail_of_assertion(const SamlStatement& s) {
  const auto end = iso_seconds(s.expires_at);
  std::string out = fmt::format(
      "<saml:Subject><saml:NameID>{}</saml:NameID><saml:SubjectConfirmation "
      "Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData "
      "NotOnOrAfter=\"{}\" Recipient=\"{}\"></saml:SubjectConfirmationData>"
      "</saml:SubjectConfirmation></saml:Subject>",
      escaped(s.user), end, in_attribute(s.recipient));
  out += fmt::format("<saml:Conditions NotBefore=\"{}\" NotOnOrAfter=\"{}\"></saml:Conditions>",
                     iso_seconds(s.now), end);
  out += fmt::format(
      "<saml:AuthnStatement AuthnInstant=\"{}\" SessionIndex=\"{}\" SessionNotOnOrAfter=\"{}\">"
      "<saml:AuthnContext><saml:AuthnContextClassRef>"
      "urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>"
      "<saml:AuthenticatingAuthority>{}</saml:AuthenticatingAuthority></saml:AuthnContext>"
      "</saml:AuthnStatement>",
      iso_seconds(s.now), in_attribute(s.session_id), end, escaped(s.issuer));
  return out + attributes(s) + "</saml:Assertion>";
}

std::string digest_of(std::string_view text) {
  return base64_encode(sha256(text));
}

// `xmlns` declares ds, as it must where the part stands alone.
std::string signed_info(std::string_view xmlns, std::string_view id, std::string_view digest) {
  return fmt::format(
      "<ds:SignedInfo{0}><ds:CanonicalizationMethod Algorithm=\"{1}\"></ds:CanonicalizationMethod>"
      "<ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\">"
      "</ds:SignatureMethod><ds:Reference URI=\"#{2}\"><ds:Transforms><ds:Transform "
      "Algorithm=\"{3}enveloped-signature\"></ds:Transform><ds:Transform Algorithm=\"{1}\">"
      "</ds:Transform></ds:Transforms><ds:DigestMethod "
      "Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>"
      "<ds:DigestValue>{4}</ds:DigestValue></ds:Reference></ds:SignedInfo>",
      xmlns, kCanonical, in_attribute(id), kSignature, digest);
}

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

Bio bio_of(std::string_view text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

EVP_PKEY* as_key(const std::shared_ptr<void>& key) {
  return static_cast<EVP_PKEY*>(key.get());
}

int no_password(char*, int, int, void*) {
  return 0;
}

}  // namespace

Result<SamlKey> SamlKey::read(std::string_view key_pem, std::string_view certificate_pem) {
  const Bio key_text = bio_of(key_pem), certificate_text = bio_of(certificate_pem);
  std::shared_ptr<void> key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, no_password, nullptr),
                            [](void* p) { EVP_PKEY_free(static_cast<EVP_PKEY*>(p)); });
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(certificate_text.get(), nullptr, no_password, nullptr), X509_free);
  if (!key || !certificate) return Failure{"the key or the certificate cannot be read"};
  if (EVP_PKEY_get_base_id(as_key(key)) != EVP_PKEY_RSA) return Failure{"the key is not RSA"};
  if (X509_check_private_key(certificate.get(), as_key(key)) != 1) {
    return Failure{"the key does not belong to the certificate"};
  }
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  if (size <= 0) return Failure{"the certificate cannot be written"};
  std::string text =
      base64_encode({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return SamlKey(std::move(key), std::move(text));
}

std::string SamlKey::sign(std::string_view text) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, as_key(key_));
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(as_key(key_)));
  std::string out(size, '\0');
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                 reinterpret_cast<const unsigned char*>(text.data()), text.size());
  out.resize(size);
  return base64_encode(out);
}

std::string saml_response(const SamlStatement& s, const SamlKey& key) {
  const auto head = head_of_assertion(s), tail = tail_of_assertion(s);
  return fmt::format(
      "<samlp:Response xmlns:samlp=\"{}\" Destination=\"{}\" ID=\"{}\" IssueInstant=\"{}\" "
      "Version=\"2.0\"><saml:Issuer xmlns:saml=\"{}\" "
      "Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\">{}</saml:Issuer>"
      "<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\">"
      "</samlp:StatusCode></samlp:Status>{}{}{}</samlp:Response>",
      kProtocol, in_attribute(s.recipient), in_attribute(s.response_id), iso_seconds(s.now),
      kAssertion, escaped(s.issuer), head, saml_signature(head + tail, s.assertion_id, key), tail);
}

std::string xml_text(std::string_view text) {
  return escaped(text);
}

std::string xml_attribute(std::string_view text) {
  return in_attribute(text);
}

std::string saml_signature(std::string_view element, std::string_view id, const SamlKey& key) {
  const auto declared = fmt::format(" xmlns:ds=\"{}\"", kSignature);
  const auto digest = digest_of(element);
  const auto value = key.sign(signed_info(declared, id, digest));
  return fmt::format(
      "<ds:Signature{}>{}<ds:SignatureValue>{}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>"
      "<ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>",
      declared, signed_info("", id, digest), value, key.certificate());
}

std::string saml_envelope(std::string_view response, std::string_view relay_state) {
  return fmt::format(
      "<soap11:Envelope xmlns:soap11=\"http://schemas.xmlsoap.org/soap/envelope/\">"
      "<soap11:Header><ecp:RelayState xmlns:ecp=\"urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp\" "
      "soap11:actor=\"http://schemas.xmlsoap.org/soap/actor/next\" soap11:mustUnderstand=\"1\">{}"
      "</ecp:RelayState></soap11:Header><soap11:Body>{}</soap11:Body></soap11:Envelope>",
      escaped(relay_state), response);
}

std::string saml_metadata(std::string_view entity_id, std::string_view sso_endpoint,
                          std::string_view certificate) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{}\">"
      "<md:IDPSSODescriptor protocolSupportEnumeration=\"{}\"><md:KeyDescriptor use=\"signing\">"
      "<ds:KeyInfo xmlns:ds=\"{}\"><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate>"
      "</ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:NameIDFormat>"
      "urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat>"
      "<md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:URI\" "
      "Location=\"{}\"/></md:IDPSSODescriptor></md:EntityDescriptor>\n",
      in_attribute(entity_id), kProtocol, kSignature, certificate, in_attribute(sso_endpoint));
}

}  // namespace haneul::keystone
