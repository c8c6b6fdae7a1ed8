#pragma once
#include "resource/service.h"
#include "services/nova/cloud.h"

namespace haneul::nova {

// /os-services: the nova-compute of each host. Scheduler and conductor are parts of this program
// and have no rows.
// upstream: openstack/nova:nova/api/openstack/compute/services.py
void add_compute_service_routes(resource::Service& service, Cloud& cloud);

}  // namespace haneul::nova
