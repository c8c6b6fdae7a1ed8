#pragma once
#include "services/keystone/keystone.h"

namespace haneul::keystone {

// What Keystone::bootstrap promises. Hashes passwords only of users that it has to make.
// upstream: openstack/keystone:keystone/cmd/bootstrap.py
void bootstrap(State& state, const Bootstrap& wanted);

}  // namespace haneul::keystone
