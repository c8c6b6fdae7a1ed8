#pragma once
#include "resource/service.h"
#include "services/neutron/context.h"

namespace haneul::neutron {

// upstream: openstack/neutron:neutron/db/network_ip_availability_db.py
void add_ip_availability_routes(resource::Service& service, const Context& context);

}  // namespace haneul::neutron
