#include <algorithm>
#include <optional>

#include "drivers/saml/saml.h"
#include "drivers/saml/signature.h"
#include "drivers/saml/xml.h"

// upstream: SAML 2.0 Core 2 and 3, Profiles 4.1.4 and 4.2.4
namespace haneul::saml {
namespace {

constexpr std::string_view kSuccess = "urn:oasis:names:tc:SAML:2.0:status:Success";
constexpr std::string_view kBearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
constexpr auto kSkew = std::chrono::seconds(60);  // of the provider's clock
constexpr auto kLongest = std::chrono::hours(24);

// Ends the reading; does not leave this file.
struct Refused {
  std::string why;
};

[[noreturn]] void refuse(std::string why) {
  throw Refused{std::move(why)};
}

void need(bool good, const char* why) {
  if (!good) refuse(why);
}

// With a fraction of a second, which does not matter here, or without.
Instant instant_of(const xmlNode* node, const char* name) {
  std::string text = attribute(node, name);
  if (const auto dot = text.find('.'); dot != std::string::npos) {
    const auto end = std::min(text.find_first_not_of("0123456789", dot + 1), text.size());
    text.erase(dot, end - dot);
  }
  const auto read = parse_instant(text);
  if (!read) refuse(std::string(name) + " is no time");
  return *read;
}

// NotBefore and NotOnOrAfter; narrows `until`.
void check_times(const xmlNode* node, const Expected& expected, Instant& until) {
  if (has_attribute(node, "NotBefore")) {
    need(instant_of(node, "NotBefore") <= expected.now + kSkew, "it is not yet good");
  }
  if (has_attribute(node, "NotOnOrAfter")) {
    until = std::min(until, instant_of(node, "NotOnOrAfter") + kSkew);
    need(expected.now < until, "it is no longer good");
  }
}

void check_issuer(const xmlNode* parent, const Provider& provider, bool required) {
  const auto issuers = children(parent, kAssertionSpace, "Issuer");
  if (issuers.empty() && !required) return;
  need(issuers.size() == 1 && text_of(issuers.front()) == provider.entity_id,
       "it is of another issuer");
}

void check_kind(const xmlNode* node) {
  need(attribute(node, "Version") == "2.0", "it is not SAML 2.0");
  need(!attribute(node, "ID").empty(), "it has no id");
}

// The response of the document, not that of a part that somebody put beside it.
xmlNode* response_in(xmlDoc* doc, const Expected& expected) {
  xmlNode* root = xmlDocGetRootElement(doc);
  if (expected.in_envelope) {
    need(is(root, kSoapSpace, "Envelope"), "it is no SOAP envelope");
    const xmlNode* body = only_child(root, kSoapSpace, "Body");
    need(body != nullptr, "the envelope has no body");
    const auto inside = children(body);
    need(inside.size() == 1, "the envelope holds something else");
    root = inside.front();
  }
  need(is(root, kProtocolSpace, "Response"), "it is no response");
  return root;
}

// Of the whole document: one assertion, in its place; signatures only where they count.
xmlNode* assertion_in(xmlDoc* doc, const xmlNode* response) {
  xmlNode* assertion = nullptr;
  for (xmlNode* node : all_elements(xmlDocGetRootElement(doc))) {
    need(!is(node, kAssertionSpace, "EncryptedAssertion"), "encrypted assertions are not read");
    if (is(node, kAssertionSpace, "Assertion")) {
      need(assertion == nullptr, "there is more than one assertion");
      assertion = node;
    }
    if (is(node, kProtocolSpace, "Response")) need(node == response, "there are two responses");
  }
  need(assertion != nullptr, "there is no assertion");
  need(assertion->parent == response, "the assertion is not the response's");
  for (const xmlNode* node : all_elements(xmlDocGetRootElement(doc))) {
    const bool in_place = node->parent == response || node->parent == assertion;
    need(!is(node, kSignatureSpace, "Signature") || in_place, "there is a signature elsewhere");
  }
  return assertion;
}

// Either must be signed; whatever is signed must verify.
void check_signatures(xmlDoc* doc, xmlNode* response, xmlNode* assertion,
                      const Provider& provider) {
  need(repeated_id(xmlDocGetRootElement(doc)).empty(), "an id is of two elements");
  bool any = false;
  for (xmlNode* element : {response, assertion}) {
    if (children(element, kSignatureSpace, "Signature").empty()) continue;
    if (auto why = why_not_signed(element, provider.certificates); !why.empty()) refuse(why);
    any = true;
  }
  need(any, "it is not signed");
}

void check_response(const xmlNode* response, const Provider& provider, const Expected& expected) {
  check_kind(response);
  check_issuer(response, provider, false);
  if (has_attribute(response, "Destination")) {
    need(attribute(response, "Destination") == expected.consumer_url, "it was sent elsewhere");
  }
  need(!has_attribute(response, "InResponseTo") ||
           attribute(response, "InResponseTo") == expected.in_response_to,
       "it answers another request");
  const xmlNode* status = only_child(response, kProtocolSpace, "Status");
  const xmlNode* code = status ? only_child(status, kProtocolSpace, "StatusCode") : nullptr;
  need(code != nullptr && attribute(code, "Value") == kSuccess, "the provider refused the login");
}

// Why a confirmation does not count; empty if it does.
std::string why_not_confirmed(const xmlNode* confirmation, const Expected& expected,
                              Instant& until) {
  if (attribute(confirmation, "Method") != kBearer) return "it is not for its bearer";
  const xmlNode* data = only_child(confirmation, kAssertionSpace, "SubjectConfirmationData");
  if (data == nullptr) return "it does not say for whom it is";
  if (attribute(data, "Recipient") != expected.consumer_url) return "it is for another recipient";
  if (attribute(data, "InResponseTo") != expected.in_response_to) {
    return "it answers another request";
  }
  if (!has_attribute(data, "NotOnOrAfter")) return "it does not say for how long it is good";
  try {
    check_times(data, expected, until);
  } catch (const Refused& refused) {
    return refused.why;
  }
  return {};
}

void check_subject(const xmlNode* assertion, const Expected& expected, Statement& out) {
  const xmlNode* subject = only_child(assertion, kAssertionSpace, "Subject");
  need(subject != nullptr, "it has not one subject");
  need(children(subject, kAssertionSpace, "EncryptedID").empty(), "encrypted ids are not read");
  if (const xmlNode* name = only_child(subject, kAssertionSpace, "NameID")) {
    out.name_id = text_of(name);
  }
  std::string why = "it has no confirmation";
  for (const xmlNode* one : children(subject, kAssertionSpace, "SubjectConfirmation")) {
    Instant until = out.good_until;
    why = why_not_confirmed(one, expected, until);
    if (!why.empty()) continue;
    out.good_until = until;
    return;
  }
  refuse(why);
}

bool names(const xmlNode* restriction, const std::string& entity_id) {
  const auto audiences = children(restriction, kAssertionSpace, "Audience");
  return std::any_of(audiences.begin(), audiences.end(),
                     [&](const xmlNode* one) { return text_of(one) == entity_id; });
}

void check_conditions(const xmlNode* assertion, const Expected& expected, Instant& until) {
  const xmlNode* conditions = only_child(assertion, kAssertionSpace, "Conditions");
  need(conditions != nullptr, "it has no conditions");
  check_times(conditions, expected, until);
  bool has_audience = false;
  for (const xmlNode* one : children(conditions)) {
    if (is(one, kAssertionSpace, "AudienceRestriction")) {
      need(names(one, expected.entity_id), "it is for another audience");
      has_audience = true;
    } else {
      need(is(one, kAssertionSpace, "OneTimeUse") || is(one, kAssertionSpace, "ProxyRestriction"),
           "it has a condition that is not known here");
    }
  }
  need(has_audience || !expected.audience_required, "it does not name its audience");
}

void check_session(const xmlNode* assertion, const Expected& expected) {
  const auto statements = children(assertion, kAssertionSpace, "AuthnStatement");
  need(!statements.empty(), "it does not say that anybody logged in");
  for (const xmlNode* one : statements) {
    need(!has_attribute(one, "SessionNotOnOrAfter") ||
             expected.now < instant_of(one, "SessionNotOnOrAfter") + kSkew,
         "its session is over");
  }
}

void read_attributes(const xmlNode* assertion, Statement& out) {
  for (const xmlNode* list : children(assertion, kAssertionSpace, "AttributeStatement")) {
    for (const xmlNode* one : children(list, kAssertionSpace, "Attribute")) {
      auto& [name, values] =
          out.attributes.emplace_back(attribute(one, "Name"), std::vector<std::string>());
      need(!name.empty(), "an attribute has no name");
      for (const xmlNode* value : children(one, kAssertionSpace, "AttributeValue")) {
        values.push_back(text_of(value));
      }
    }
  }
}

Statement read(xmlDoc* doc, const Provider& provider, const Expected& expected) {
  xmlNode* response = response_in(doc, expected);
  xmlNode* assertion = assertion_in(doc, response);
  check_signatures(doc, response, assertion, provider);
  check_response(response, provider, expected);
  check_kind(assertion);
  check_issuer(assertion, provider, true);
  const Instant issued = instant_of(assertion, "IssueInstant");
  need(issued <= expected.now + kSkew, "it is of the future");
  Statement out;
  out.assertion_id = attribute(assertion, "ID");
  out.good_until = issued + kLongest + kSkew;
  need(expected.now < out.good_until, "it is too old");
  check_subject(assertion, expected, out);
  check_conditions(assertion, expected, out.good_until);
  check_session(assertion, expected);
  read_attributes(assertion, out);
  return out;
}

}  // namespace

Result<Statement> read_response(std::string_view xml, const Provider& provider,
                                const Expected& expected) {
  const auto doc = parse_document(xml, Strictness::message);
  if (!doc) return Failure{doc.reason()};
  try {
    return read(doc->get(), provider, expected);
  } catch (const Refused& refused) {
    return Failure{"the response is refused: " + refused.why};
  }
}

Result<std::string> relay_state_of(std::string_view envelope) {
  const auto doc = parse_document(envelope, Strictness::message);
  if (!doc) return Failure{doc.reason()};
  const xmlNode* root = xmlDocGetRootElement(doc->get());
  if (!is(root, kSoapSpace, "Envelope")) return Failure{"it is no SOAP envelope"};
  const xmlNode* header = only_child(root, kSoapSpace, "Header");
  const xmlNode* state = header ? only_child(header, kEcpSpace, "RelayState") : nullptr;
  return state ? text_of(state) : std::string();
}

}  // namespace haneul::saml
