#pragma once
#include <string>
#include <vector>

#include <libxml/tree.h>

namespace haneul::saml {

// Why `signed_element` is not signed, by its Signature child, with one of the keys (certificates in
// DER); empty if it is. `ids` of all elements of the document must differ.
std::string why_not_signed(xmlNode* signed_element, const std::vector<std::string>& certificates);

// The first id that two elements share, if any, under the names that readers take for ids.
std::string repeated_id(xmlNode* root);

}  // namespace haneul::saml
