#pragma once
#include <optional>
#include <string>

#include "resource/service.h"

namespace haneul::keystone {

struct State;

// One way in which an identity provider tells of its users ("saml2", "openid"), and the mapping
// that says what they are here.
struct Protocol {
  std::string id, idp_id, mapping_id;
  std::optional<std::string> remote_id_attribute;
};

Protocol protocol_or_fault(db::Session& session, std::string_view idp_id, std::string_view id);

void add_protocols(resource::Service& service, State& state);

}  // namespace haneul::keystone
