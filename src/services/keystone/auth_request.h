#pragma once
#include <string>
#include <vector>

#include "services/keystone/auth_method.h"

namespace haneul::keystone {

// What POST /v3/auth/tokens asks for.
struct AuthRequest {
  std::vector<std::string> methods;  // each once, in the order given
  std::vector<Proof> proofs;         // one a method, in the order of auth_methods()
};

// `scope`, which `context` refers to, is filled in first. Throws for everything that is wrong
// without looking anything up.
// upstream: openstack/keystone:keystone/auth/schema.py, keystone/auth/core.py
AuthRequest read_auth(const AuthContext& context, ScopeWanted& scope);

}  // namespace haneul::keystone
