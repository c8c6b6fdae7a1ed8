#pragma once
#include <span>

#include "access/policy.h"

namespace haneul::neutron {

// Upstream's names and default rules: Debian 12's 21.0.0 (Zed), with the admin, manager and service
// roles, tags and parents' owners of 2023.1 to 2025.2. Rules say project_id where Zed said
// tenant_id. Two differences: the admin may still write a port's binding profile and bindings, as
// Zed's clients and Tempest expect; later releases leave that to services.
extern const std::span<const access::PolicyDefault> kPolicies;

}  // namespace haneul::neutron
