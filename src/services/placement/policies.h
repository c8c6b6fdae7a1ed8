#pragma once
#include <span>

#include "access/policy.h"

namespace haneul::placement {

<<<<<<< HEAD
// Upstream's names and default rules since 2023.2: project tokens of admins and services.
extern const std::span<const access::PolicyDefault> kPolicies;
=======
// upstream: openstack/placement:placement/policies/
std::span<const access::PolicyDefault> policies();
>>>>>>> glance

}  // namespace haneul::placement
