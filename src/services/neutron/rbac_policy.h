#pragma once
#include <string>

#include "services/neutron/context.h"
#include "services/neutron/noun.h"

namespace haneul::neutron {

// Shares a network with one project or, target "*", with all.
struct RbacPolicy {
  std::string id, project_id, object_type, object_id, action, target_project;
};

Noun rbac_policy_noun(const Context& context);

}  // namespace haneul::neutron
