#pragma once
#include <string>
#include <vector>

#include "json/value.h"
#include "services/keystone/logic/token_payload.h"

namespace haneul::keystone {

// A user's rules are lists of methods; those that are not `active` here do not count, and rules of
// nothing else neither. upstream: openstack/keystone:keystone/auth/core.py (UserMFARulesValidator)

// Whether these methods are enough for a user with these options: true without rules, and if all
// methods of any one rule were used.
bool mfa_satisfied(const json::Object& options, const std::vector<std::string>& methods,
                   AuthMethods active);
// The rules that one of these methods goes some way to meet.
std::vector<std::vector<std::string>> mfa_rules_begun(const json::Object& options,
                                                      const std::vector<std::string>& methods,
                                                      AuthMethods active);

}  // namespace haneul::keystone
