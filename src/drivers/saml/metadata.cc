#include "base/text.h"
#include "drivers/saml/saml.h"
#include "drivers/saml/xml.h"

namespace haneul::saml {
namespace {

constexpr std::string_view kRedirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

std::vector<std::string> certificates_of(const xmlNode* role) {
  std::vector<std::string> out;
  for (xmlNode* descriptor : children(role, kMetadataSpace, "KeyDescriptor")) {
    const auto use = attribute(descriptor, "use");
    if (!use.empty() && use != "signing") continue;
    for (const xmlNode* node : all_elements(descriptor)) {
      if (!is(node, kSignatureSpace, "X509Certificate")) continue;
      std::string text;
      for (const char c : text_of(node)) {
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') text += c;
      }
      if (auto der = base64_decode(text); der && !der->empty()) out.push_back(std::move(*der));
    }
  }
  return out;
}

std::string redirect_url_of(const xmlNode* role) {
  for (const xmlNode* service : children(role, kMetadataSpace, "SingleSignOnService")) {
    if (attribute(service, "Binding") == kRedirect) return attribute(service, "Location");
  }
  return {};
}

}  // namespace

Result<Provider> read_metadata(std::string_view xml, std::string_view entity_id) {
  const auto doc = parse_document(xml, Strictness::metadata);
  if (!doc) return Failure{doc.reason()};
  const xmlNode* entity = nullptr;
  for (const xmlNode* node : all_elements(xmlDocGetRootElement(doc->get()))) {
    if (!is(node, kMetadataSpace, "EntityDescriptor")) continue;
    if (only_child(node, kMetadataSpace, "IDPSSODescriptor") == nullptr) continue;
    if (!entity_id.empty() && attribute(node, "entityID") != entity_id) continue;
    if (entity != nullptr) return Failure{"the metadata are of several identity providers"};
    entity = node;
  }
  if (entity == nullptr) return Failure{"the metadata are not of that identity provider"};
  const xmlNode* role = only_child(entity, kMetadataSpace, "IDPSSODescriptor");
  Provider provider{attribute(entity, "entityID"), redirect_url_of(role), certificates_of(role)};
  if (provider.entity_id.empty()) return Failure{"the metadata have no entityID"};
  if (provider.certificates.empty()) return Failure{"the metadata have no certificate"};
  return provider;
}

}  // namespace haneul::saml
