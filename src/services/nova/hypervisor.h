#pragma once
#include "resource/service.h"
#include "services/nova/cloud.h"

namespace haneul::nova {

// /os-hypervisors: the hosts as machines, with what is taken of them.
// upstream: openstack/nova:nova/api/openstack/compute/hypervisors.py
void add_hypervisor_routes(resource::Service& service, Cloud& cloud);

}  // namespace haneul::nova
