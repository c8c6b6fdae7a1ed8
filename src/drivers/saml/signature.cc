#include "drivers/saml/signature.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>

#include <xmlsec/app.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>

#include "drivers/saml/xml.h"

namespace haneul::saml {
namespace {

constexpr std::string_view kExclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
constexpr std::string_view kEnveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
constexpr std::string_view kSigners[] = {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
                                         "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
                                         "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
                                         "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
                                         "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
                                         "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"};
constexpr std::string_view kDigests[] = {"http://www.w3.org/2001/04/xmlenc#sha256",
                                         "http://www.w3.org/2001/04/xmldsig-more#sha384",
                                         "http://www.w3.org/2001/04/xmlenc#sha512"};
constexpr xmlSecSize kRsaBitsMin = 2048;

bool start_xmlsec() {
  static std::once_flag once;
  static bool good = false;
  std::call_once(once, [] {
    xmlSecErrorsDefaultCallbackEnableOutput(0);
    good = xmlSecInit() == 0 && xmlSecCryptoAppInit(nullptr) == 0 && xmlSecCryptoInit() == 0;
  });
  return good;
}

struct FreeContext {
  void operator()(xmlSecDSigCtx* context) const { xmlSecDSigCtxDestroy(context); }
};
using Context = std::unique_ptr<xmlSecDSigCtx, FreeContext>;

xmlSecKey* key_of(const std::string& certificate) {
  xmlSecKey* key =
      xmlSecCryptoAppKeyLoadMemory(reinterpret_cast<const xmlSecByte*>(certificate.data()),
                                   static_cast<xmlSecSize>(certificate.size()),
                                   xmlSecKeyDataFormatCertDer, nullptr, nullptr, nullptr);
  if (key == nullptr) return nullptr;
  xmlSecKeyData* value = xmlSecKeyGetValue(key);
  const bool is_rsa = value != nullptr && xmlSecKeyDataCheckId(value, xmlSecKeyDataRsaId);
  if (value != nullptr && (!is_rsa || xmlSecKeyDataGetSize(value) >= kRsaBitsMin)) return key;
  xmlSecKeyDestroy(key);
  return nullptr;
}

// Nothing is fetched, nothing but the listed transforms runs, KeyInfo is not looked at.
Context context_with(xmlSecKey* key) {
  Context context(xmlSecDSigCtxCreate(nullptr));
  if (!context) return nullptr;
  context->signKey = key;
  context->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
  bool good = true;
  for (const auto id :
       {xmlSecTransformExclC14NId, xmlSecTransformRsaSha256Id, xmlSecTransformRsaSha384Id,
        xmlSecTransformRsaSha512Id, xmlSecTransformEcdsaSha256Id, xmlSecTransformEcdsaSha384Id,
        xmlSecTransformEcdsaSha512Id}) {
    good &= xmlSecDSigCtxEnableSignatureTransform(context.get(), id) == 0;
  }
  for (const auto id :
       {xmlSecTransformEnvelopedId, xmlSecTransformExclC14NId, xmlSecTransformSha256Id,
        xmlSecTransformSha384Id, xmlSecTransformSha512Id}) {
    good &= xmlSecDSigCtxEnableReferenceTransform(context.get(), id) == 0;
  }
  return good ? std::move(context) : nullptr;
}

std::string algorithm(const xmlNode* parent, std::string_view name) {
  const xmlNode* node = only_child(parent, kSignatureSpace, name);
  return node == nullptr ? "" : attribute(node, "Algorithm");
}

template <class List>
bool in(const List& list, std::string_view text) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

// Of one reference: to the element itself, by what SAML allows.
std::string why_not_of(const xmlNode* reference, const std::string& id) {
  if (attribute(reference, "URI") != "#" + id) return "the signature is of something else";
  const xmlNode* transforms = only_child(reference, kSignatureSpace, "Transforms");
  if (transforms == nullptr) return "the signature has no transforms";
  const auto steps = children(transforms);
  if (steps.size() != 2 || attribute(steps[0], "Algorithm") != kEnveloped ||
      attribute(steps[1], "Algorithm") != kExclusive) {
    return "the signature has other transforms than SAML's";
  }
  if (!in(kDigests, algorithm(reference, "DigestMethod"))) return "its digest is not taken";
  return {};
}

// The signature is what SAML describes; what xmlsec is asked afterwards cannot be anything else.
std::string why_not_shaped(const xmlNode* signature, const std::string& id) {
  const xmlNode* info = only_child(signature, kSignatureSpace, "SignedInfo");
  if (info == nullptr) return "the signature is incomplete";
  if (!children(signature, kSignatureSpace, "Object").empty()) return "the signature has objects";
  if (algorithm(info, "CanonicalizationMethod") != kExclusive) {
    return "the signature's canonical form is not taken";
  }
  if (!in(kSigners, algorithm(info, "SignatureMethod"))) {
    return "the signature's algorithm is not taken";
  }
  const xmlNode* reference = only_child(info, kSignatureSpace, "Reference");
  return reference == nullptr ? "the signature is not of one element" : why_not_of(reference, id);
}

// The id leads to this element and to no other.
bool declare_id(xmlNode* element, const std::string& id) {
  xmlAttr* at = xmlHasNsProp(element, reinterpret_cast<const xmlChar*>("ID"), nullptr);
  const auto* text = reinterpret_cast<const xmlChar*>(id.c_str());
  const xmlAttr* known = xmlGetID(element->doc, text);
  return known == at || (known == nullptr && xmlAddID(nullptr, element->doc, text, at) != nullptr);
}

bool verifies(xmlNode* signature, const std::string& certificate) {
  xmlSecKey* key = key_of(certificate);
  if (key == nullptr) return false;
  const Context context = context_with(key);
  if (!context) return false;
  return xmlSecDSigCtxVerify(context.get(), signature) == 0 &&
         context->status == xmlSecDSigStatusSucceeded;
}

}  // namespace

std::string why_not_signed(xmlNode* element, const std::vector<std::string>& certificates) {
  if (!start_xmlsec()) return "xmlsec cannot be used";
  xmlNode* signature = only_child(element, kSignatureSpace, "Signature");
  if (signature == nullptr) return "there is not one signature";
  const auto id = attribute(element, "ID");
  if (id.empty()) return "what is signed has no id";
  if (auto why = why_not_shaped(signature, id); !why.empty()) return why;
  if (!declare_id(element, id)) return "an id is of two elements";
  for (const auto& certificate : certificates) {
    if (verifies(signature, certificate)) return {};
  }
  return "the signature is not of the provider's keys, or what was signed was changed";
}

std::string repeated_id(xmlNode* root) {
  std::set<std::string> seen;
  for (const xmlNode* node : all_elements(root)) {
    for (const xmlAttr* at = node->properties; at != nullptr; at = at->next) {
      const std::string_view name = reinterpret_cast<const char*>(at->name);
      if (name != "ID" && name != "Id" && name != "id") continue;
      xmlChar* text = xmlNodeListGetString(node->doc, at->children, 1);
      std::string id = text == nullptr ? "" : reinterpret_cast<const char*>(text);
      xmlFree(text);
      if (!seen.insert(id).second) return id.empty() ? "(empty)" : id;
    }
  }
  return {};
}

}  // namespace haneul::saml
