#pragma once
#include <span>

#include "access/policy.h"

namespace haneul::nova {

// Upstream's names and default rules: Debian 12's 26.2.2 (Zed), with the service and manager roles,
// share attachments and split migration policies of 2023.2 to 2025.2.
extern const std::span<const access::PolicyDefault> kPolicies;

}  // namespace haneul::nova
