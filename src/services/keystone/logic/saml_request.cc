#include "services/keystone/logic/saml_request.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace haneul::keystone {
namespace {

constexpr std::string_view kPost = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
constexpr std::string_view kPaos = "urn:oasis:names:tc:SAML:2.0:bindings:PAOS";
constexpr std::string_view kEcp = "urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp";
constexpr std::string_view kNext = "http://schemas.xmlsoap.org/soap/actor/next";
constexpr std::string_view kRsaSha256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

void append_short(std::string& out, std::size_t value) {
  out += static_cast<char>(value & 0xff);
  out += static_cast<char>((value >> 8) & 0xff);
}

// A DEFLATE stream whose blocks are stored as they are (RFC 1951, 3.2.4): a request is short.
std::string deflated(std::string_view text) {
  constexpr std::size_t kBlockMax = 0xffff;
  std::string out;
  do {
    const auto block = text.substr(0, kBlockMax);
    text.remove_prefix(block.size());
    out += static_cast<char>(text.empty() ? 1 : 0);
    append_short(out, block.size());
    append_short(out, ~block.size());
    out += block;
  } while (!text.empty());
  return out;
}

std::string service(std::string_view name, std::string_view binding, std::string_view url,
                    int index) {
  return fmt::format("<md:{} Binding=\"{}\" Location=\"{}\" index=\"{}\"{}/>", name, binding,
                     xml_attribute(url), index, index == 0 ? " isDefault=\"true\"" : "");
}

std::string key_descriptor(std::string_view certificate) {
  if (certificate.empty()) return {};
  return fmt::format(
      "<md:KeyDescriptor use=\"signing\"><ds:KeyInfo "
      "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data><ds:X509Certificate>{}"
      "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>",
      certificate);
}

}  // namespace

std::string saml_request(const SamlRequest& r, const SamlKey* key) {
  const auto destination =
      r.destination.empty() ? "" : fmt::format(" Destination=\"{}\"", xml_attribute(r.destination));
  const auto head = fmt::format(
      "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" "
      "AssertionConsumerServiceURL=\"{}\"{} ID=\"{}\" IssueInstant=\"{}\" ProtocolBinding=\"{}\" "
      "Version=\"2.0\"><saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{}"
      "</saml:Issuer>",
      xml_attribute(r.consumer_url), destination, xml_attribute(r.id), iso_seconds(r.now),
      r.by_client ? kPaos : kPost, xml_text(r.issuer));
  const std::string tail =
      "<samlp:NameIDPolicy AllowCreate=\"true\"></samlp:NameIDPolicy></samlp:AuthnRequest>";
  return head + (key != nullptr ? saml_signature(head + tail, r.id, *key) : "") + tail;
}

std::string saml_redirect(const SamlRequest& request, std::string_view relay_state,
                          const SamlKey* key) {
  std::string query =
      "SAMLRequest=" + percent_encode(base64_encode(deflated(saml_request(request, nullptr))));
  if (!relay_state.empty()) query += "&RelayState=" + percent_encode(relay_state);
  if (key != nullptr) {
    query += "&SigAlg=" + percent_encode(kRsaSha256);
    query += "&Signature=" + percent_encode(key->sign(query));
  }
  const bool has_query = request.destination.find('?') != std::string::npos;
  return request.destination + (has_query ? "&" : "?") + query;
}

std::string saml_client_envelope(const SamlRequest& request, std::string_view relay_state,
                                 const SamlKey* key) {
  return fmt::format(
      "<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Header>"
      "<paos:Request xmlns:paos=\"urn:liberty:paos:2003-08\" S:actor=\"{0}\" "
      "S:mustUnderstand=\"1\" responseConsumerURL=\"{1}\" service=\"{2}\"/>"
      "<ecp:Request xmlns:ecp=\"{2}\" S:actor=\"{0}\" S:mustUnderstand=\"1\" IsPassive=\"0\">"
      "<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{3}</saml:Issuer>"
      "</ecp:Request><ecp:RelayState xmlns:ecp=\"{2}\" S:actor=\"{0}\" "
      "S:mustUnderstand=\"1\">{4}</ecp:RelayState></S:Header><S:Body>{5}</S:Body></S:Envelope>",
      kNext, xml_attribute(request.consumer_url), kEcp, xml_text(request.issuer),
      xml_text(relay_state), saml_request(request, key));
}

std::string service_provider_metadata(std::string_view entity_id, std::string_view post_url,
                                      std::string_view client_url, std::string_view certificate) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{}\">"
      "<md:SPSSODescriptor AuthnRequestsSigned=\"{}\" WantAssertionsSigned=\"true\" "
      "protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{}{}{}"
      "</md:SPSSODescriptor></md:EntityDescriptor>\n",
      xml_attribute(entity_id), !certificate.empty(), key_descriptor(certificate),
      service("AssertionConsumerService", kPost, post_url, 0),
      service("AssertionConsumerService", kPaos, client_url, 1));
}

}  // namespace haneul::keystone
