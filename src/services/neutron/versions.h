#pragma once
#include "resource/service.h"

namespace haneul::neutron {

// GET / and GET /v2.0/.
// upstream: openstack/neutron:neutron/pecan_wsgi/controllers/root.py
void add_version_routes(resource::Service& service);

}  // namespace haneul::neutron
