#pragma once
#include "resource/service.h"

namespace haneul::keystone {

struct State;

// OS-ENDPOINT-POLICY: which policy an endpoint goes by. The endpoint's own comes before that of
// its service in its region or a region above, and that before the service's.
// upstream: openstack/keystone:keystone/endpoint_policy/core.py
void add_endpoint_policies(resource::Service& service, State& state);

}  // namespace haneul::keystone
