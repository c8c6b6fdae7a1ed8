#include "services/keystone/logic/client_certificate.h"

#include <memory>

#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "services/keystone/logic/digest.h"

namespace haneul::keystone {
namespace {

constexpr std::size_t kPemColumns = 64;

std::string pem_of(std::string_view certificate) {
  const std::string text = base64_encode(certificate);
  std::string out = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t at = 0; at < text.size(); at += kPemColumns) {
    out += text.substr(at, kPemColumns) + "\n";
  }
  return out + "-----END CERTIFICATE-----\n";
}

// "CN", "EMAILADDRESS"; the number of what has no name of one word in RFC 4514.
std::string name_of(const ASN1_OBJECT* kind) {
  switch (OBJ_obj2nid(kind)) {
    case NID_commonName:
      return "CN";
    case NID_localityName:
      return "L";
    case NID_stateOrProvinceName:
      return "ST";
    case NID_organizationName:
      return "O";
    case NID_organizationalUnitName:
      return "OU";
    case NID_countryName:
      return "C";
    case NID_streetAddress:
      return "STREET";
    case NID_domainComponent:
      return "DC";
    case NID_userId:
      return "UID";
    case NID_pkcs9_emailAddress:
      return "EMAILADDRESS";
    default:
      break;
  }
  char number[80] = "";
  OBJ_obj2txt(number, sizeof(number), kind, 1);
  return number;
}

// False for a text that is none.
bool add_names(const X509_NAME* names, const std::string& prefix, Assertion& out) {
  for (int i = 0; i < X509_NAME_entry_count(names); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(names, i);
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
    if (size < 0) return false;
    std::string value(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
    if (value.find('\0') != std::string::npos || !is_valid_utf8(value)) return false;
    out[prefix + name_of(X509_NAME_ENTRY_get_object(entry))] = {std::move(value)};
  }
  return true;
}

}  // namespace

std::string certificate_thumbprint(std::string_view certificate) {
  return base64url_encode(sha256(pem_of(certificate)));
}

std::optional<Assertion> assertion_of_certificate(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free);
  if (!certificate) return std::nullopt;
  Assertion out;
  const bool good =
      add_names(X509_get_subject_name(certificate.get()), "SSL_CLIENT_SUBJECT_DN_", out) &&
      add_names(X509_get_issuer_name(certificate.get()), "SSL_CLIENT_ISSUER_DN_", out);
  return good ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace haneul::keystone
