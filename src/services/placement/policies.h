#pragma once
#include <span>

#include "access/policy.h"

namespace haneul::placement {

// upstream: openstack/placement:placement/policies/
std::span<const access::PolicyDefault> policies();

}  // namespace haneul::placement
