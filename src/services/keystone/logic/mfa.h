#pragma once
#include <string>
#include <vector>

#include "json/value.h"

namespace haneul::keystone {

// Whether these methods are enough for a user with these options: true without rules, and if all
// methods of any one rule were used. Rules that name no method known here do not count.
// upstream: openstack/keystone:keystone/auth/core.py (UserMFARulesValidator)
bool mfa_satisfied(const json::Object& options, const std::vector<std::string>& methods);

}  // namespace haneul::keystone
