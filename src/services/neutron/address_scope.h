#pragma once
#include <string>

#include "services/neutron/collection.h"
#include "services/neutron/context.h"

namespace haneul::neutron {

struct AddressScope {
  std::string id, name, project_id;
  std::int64_t ip_version = 4;
  bool shared = false;
};

Collection address_scope_collection(const Context& context);

}  // namespace haneul::neutron
