#pragma once
#include <span>

#include "access/policy.h"

namespace haneul::glance {

// Upstream's names and default rules: Debian 12's 25.1.0 (Zed), with the service role and the image
// location and cache policies of 2023.1 to 2025.2.
extern const std::span<const access::PolicyDefault> kPolicies;

}  // namespace haneul::glance
