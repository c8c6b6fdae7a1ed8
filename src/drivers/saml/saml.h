#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

// What identity providers say in SAML 2.0, read and verified (libxml2 and xmlsec1 stay inside). All
// functions are pure, so there is no fake: no network, no clock, no file. Safe from any thread.
//
// Documents are at most 256 KiB of UTF-8 without DTD, entities, comments and processing
// instructions. Signatures are those that SAML describes and no others: of one element, by its id,
// enveloped, in exclusive canonical form, RSA or ECDSA with SHA-2, with a key of the metadata.
// The reason of a failure is a sentence for the operator's log.
namespace haneul::saml {

// An identity provider as its metadata describe it.
struct Provider {
  std::string entity_id;
  std::string redirect_url;               // where browsers log in (HTTP-Redirect); may be empty
  std::vector<std::string> certificates;  // DER, of the keys that it signs with
};

// `entity_id` picks one of several; empty: there must be one only.
Result<Provider> read_metadata(std::string_view xml, std::string_view entity_id = {});

// What a response must be to be meant for us, now.
struct Expected {
  std::string entity_id;       // ours
  std::string consumer_url;    // where it came in
  std::string in_response_to;  // id of our request; empty: nobody asked for it
  bool audience_required = true;
  bool in_envelope = false;  // of SOAP, as clients that are no browsers bring it
  Instant now;
};

struct Statement {
  std::string assertion_id, name_id;
  Instant good_until;  // then it is refused anyway; within a day and some minutes
  std::vector<std::pair<std::string, std::vector<std::string>>> attributes;
};

// Whether it was said before is the caller's to find out: by assertion_id, until good_until.
Result<Statement> read_response(std::string_view xml, const Provider& provider,
                                const Expected& expected);

// What the client was told to bring back beside the response; empty without one.
Result<std::string> relay_state_of(std::string_view envelope);

}  // namespace haneul::saml
