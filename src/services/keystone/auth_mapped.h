#pragma once
#include <string>

#include "services/keystone/auth_method.h"
#include "services/keystone/logic/mapping.h"

namespace haneul::keystone {

// Says who it is of whom a provider says `assertion`: applies the mapping of the protocol, makes
// the user if it is new. Ends the request if the provider is disabled or nothing fits.
// upstream: openstack/keystone:keystone/auth/plugins/mapped.py
void prove_mapped(State& state, const std::string& idp_id, const std::string& protocol_id,
                  const Assertion& assertion, Identity& who);

// The token to come is made of one that a federated user has: it speaks for the same groups.
// Ends the request if the provider, its mapping or a group is gone.
void carry_federation(State& state, const TokenPayload& old, Identity& who);

}  // namespace haneul::keystone
