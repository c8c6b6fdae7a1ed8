#pragma once
#include "resource/service.h"
#include "services/nova/cloud.h"

namespace haneul::nova {

// The security groups of one server: their list, and the actions that add and remove one.
// upstream: openstack/nova:nova/api/openstack/compute/security_groups.py
void add_server_security_group_routes(resource::Service& service, Cloud& cloud);

}  // namespace haneul::nova
