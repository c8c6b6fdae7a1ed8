#pragma once
#include "resource/service.h"

namespace haneul::nova {

// GET /limits: what a project may have and has.
// upstream: openstack/nova:nova/api/openstack/compute/limits.py
void add_limits_routes(resource::Service& service);

}  // namespace haneul::nova
