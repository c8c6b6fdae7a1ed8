#pragma once
#include <span>

#include "access/policy.h"

namespace haneul::placement {

// Upstream's names and default rules since 2023.2: project tokens of admins and services.
extern const std::span<const access::PolicyDefault> kPolicies;

}  // namespace haneul::placement
