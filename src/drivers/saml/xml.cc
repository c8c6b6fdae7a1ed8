#include "drivers/saml/xml.h"

#include <algorithm>
#include <mutex>

#include <libxml/parser.h>

#include "base/text.h"

namespace haneul::saml {
namespace {

constexpr std::size_t kMessageBytesMax = 256 * 1024;
constexpr std::size_t kMetadataBytesMax = 16 * 1024 * 1024;
constexpr std::size_t kElementsMax = 5000;  // of a message

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

const xmlChar* as_xml(const char* text) {
  return reinterpret_cast<const xmlChar*>(text);
}

std::string taken(xmlChar* text) {
  std::string out(view(text));
  xmlFree(text);
  return out;
}

bool is_plain(const xmlNode* node) {
  return node->type == XML_ELEMENT_NODE || node->type == XML_TEXT_NODE;
}

// The next node in the order of the document, within `root`.
xmlNode* next_of(xmlNode* node, const xmlNode* root) {
  if (node->type == XML_ELEMENT_NODE && node->children != nullptr) return node->children;
  while (node != root && node->next == nullptr) node = node->parent;
  return node == root ? nullptr : node->next;
}

// What a message may not have: what is not hashed could say something else to each reader.
std::string_view unwanted_in(xmlDoc* doc) {
  std::size_t elements = 0;
  for (const xmlNode* node = doc->children; node != nullptr; node = node->next) {
    if (node->type != XML_ELEMENT_NODE) return "something stands beside its root";
  }
  xmlNode* root = xmlDocGetRootElement(doc);
  for (xmlNode* node = root; node != nullptr; node = next_of(node, root)) {
    if (!is_plain(node)) return "it has a comment or an instruction";
    if (node->type == XML_ELEMENT_NODE && ++elements > kElementsMax) return "it is too large";
  }
  return {};
}

}  // namespace

Result<Document> parse_document(std::string_view text, Strictness strictness) {
  const bool strict = strictness == Strictness::message;
  if (text.size() > (strict ? kMessageBytesMax : kMetadataBytesMax)) {
    return Failure{"the document is too large"};
  }
  // Said before a parser sees it: entities grow while they are read.
  if (text.find("<!DOCTYPE") != std::string_view::npos) return Failure{"the document has a DTD"};
  if (!is_valid_utf8(text)) return Failure{"the document is not UTF-8"};
  static std::once_flag once;
  std::call_once(once, xmlInitParser);
  constexpr int kOptions =
      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA;
  Document doc(
      xmlReadMemory(text.data(), static_cast<int>(text.size()), nullptr, "UTF-8", kOptions));
  if (!doc || xmlDocGetRootElement(doc.get()) == nullptr) {
    return Failure{"the document is not XML"};
  }
  if (doc->intSubset != nullptr || doc->extSubset != nullptr) {
    return Failure{"the document has a DTD"};
  }
  if (strict) {
    if (const auto why = unwanted_in(doc.get()); !why.empty()) {
      return Failure{"the document cannot be used: " + std::string(why)};
    }
  }
  return doc;
}

bool is(const xmlNode* node, std::string_view space, std::string_view name) {
  return node != nullptr && node->type == XML_ELEMENT_NODE && view(node->name) == name &&
         node->ns != nullptr && view(node->ns->href) == space;
}

std::vector<xmlNode*> children(const xmlNode* node) {
  std::vector<xmlNode*> out;
  for (xmlNode* one = node->children; one != nullptr; one = one->next) {
    if (one->type == XML_ELEMENT_NODE) out.push_back(one);
  }
  return out;
}

std::vector<xmlNode*> children(const xmlNode* node, std::string_view space, std::string_view name) {
  std::vector<xmlNode*> out = children(node);
  std::erase_if(out, [&](const xmlNode* one) { return !is(one, space, name); });
  return out;
}

xmlNode* only_child(const xmlNode* node, std::string_view space, std::string_view name) {
  const auto found = children(node, space, name);
  return found.size() == 1 ? found.front() : nullptr;
}

std::vector<xmlNode*> all_elements(xmlNode* root) {
  std::vector<xmlNode*> out;
  for (xmlNode* node = root; node != nullptr; node = next_of(node, root)) {
    if (node->type == XML_ELEMENT_NODE) out.push_back(node);
  }
  return out;
}

std::string attribute(const xmlNode* node, const char* name) {
  return taken(xmlGetNoNsProp(node, as_xml(name)));
}

bool has_attribute(const xmlNode* node, const char* name) {
  return xmlHasNsProp(node, as_xml(name), nullptr) != nullptr;
}

std::string text_of(const xmlNode* node) {
  return std::string(trim(taken(xmlNodeGetContent(node))));
}

}  // namespace haneul::saml
