#pragma once
#include "resource/service.h"
#include "services/nova/cloud.h"

namespace haneul::nova {

// GET /os-availability-zone and /os-availability-zone/detail.
// upstream: openstack/nova:nova/api/openstack/compute/availability_zone.py
void add_availability_zone_routes(resource::Service& service, Cloud& cloud);

}  // namespace haneul::nova
