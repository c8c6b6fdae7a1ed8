#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <libxml/tree.h>

#include "base/result.h"

// libxml2 with everything switched off that a signed message does not need.
namespace haneul::saml {

inline constexpr std::string_view kAssertionSpace = "urn:oasis:names:tc:SAML:2.0:assertion";
inline constexpr std::string_view kProtocolSpace = "urn:oasis:names:tc:SAML:2.0:protocol";
inline constexpr std::string_view kMetadataSpace = "urn:oasis:names:tc:SAML:2.0:metadata";
inline constexpr std::string_view kEcpSpace = "urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp";
inline constexpr std::string_view kSoapSpace = "http://schemas.xmlsoap.org/soap/envelope/";
inline constexpr std::string_view kSignatureSpace = "http://www.w3.org/2000/09/xmldsig#";

struct FreeDocument {
  void operator()(xmlDoc* doc) const { xmlFreeDoc(doc); }
};
using Document = std::unique_ptr<xmlDoc, FreeDocument>;

enum class Strictness { metadata, message };  // metadata may have comments and be larger

// Its root is an element; nothing refers to entities.
Result<Document> parse_document(std::string_view text, Strictness strictness);

bool is(const xmlNode* node, std::string_view space, std::string_view name);
// Elements among the children.
std::vector<xmlNode*> children(const xmlNode* node);
std::vector<xmlNode*> children(const xmlNode* node, std::string_view space, std::string_view name);
// The only one; null if there is none or several.
xmlNode* only_child(const xmlNode* node, std::string_view space, std::string_view name);
// All elements below and including `node`, in order.
std::vector<xmlNode*> all_elements(xmlNode* node);

// An attribute without a namespace; empty if absent.
std::string attribute(const xmlNode* node, const char* name);
bool has_attribute(const xmlNode* node, const char* name);
// All text inside, without blanks around it.
std::string text_of(const xmlNode* node);

}  // namespace haneul::saml
