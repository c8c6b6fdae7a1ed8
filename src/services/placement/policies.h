#pragma once
#include <span>

#include "access/policy.h"

namespace haneul::placement {

// Upstream's names and default rules since 2023.2: project tokens of admins and services.
std::span<const access::PolicyDefault> policies();

}  // namespace haneul::placement
