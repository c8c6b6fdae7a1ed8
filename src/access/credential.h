#pragma once
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "access/caller.h"

namespace haneul::access {

// One thing a token says of its caller, as rules see it. Lists hold if one of their items does.
struct Absent {};  // no such key in this token: never equal to anything
using Credential = std::variant<Absent, std::nullptr_t, std::string_view, bool,
                                const std::vector<std::string>*, const std::vector<RoleId>*>;
using CredentialReader = Credential (*)(const Caller&);

// By the name a rule uses: oslo.context's policy values, Keystone's `token.…`, and the older names
// Neutron keeps alive. Null if callers have no such thing.
// upstream: openstack/oslo.context:oslo_context/context.py to_policy_values,
// openstack/keystone:keystone/common/context.py
CredentialReader find_credential(std::string_view name);

}  // namespace haneul::access
