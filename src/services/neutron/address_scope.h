#pragma once
#include <string>

#include "services/neutron/context.h"
#include "services/neutron/noun.h"

namespace haneul::neutron {

struct AddressScope {
  std::string id, name, project_id;
  std::int64_t ip_version = 4;
  bool shared = false;
};

Noun address_scope_noun(const Context& context);

}  // namespace haneul::neutron
