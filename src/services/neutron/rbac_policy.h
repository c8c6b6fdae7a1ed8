#pragma once
#include <string>

#include "services/neutron/collection.h"
#include "services/neutron/context.h"

namespace haneul::neutron {

// Shares a network with one project or, target "*", with all.
struct RbacPolicy {
  std::string id, project_id, object_type, object_id, action, target_project;
};

Collection rbac_policy_collection(const Context& context);

}  // namespace haneul::neutron
