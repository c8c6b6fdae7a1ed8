#pragma once
#include <span>

#include "access/policy.h"

namespace haneul::keystone {

// Upstream's names and default rules: Debian 12's 22.0.2 (Zed with its security updates, where the
// admin of a project keeps all rights), with the domain managers of 2024.2.
extern const std::span<const access::PolicyDefault> kPolicies;

}  // namespace haneul::keystone
