#pragma once
#include "resource/service.h"
#include "services/nova/proxy.h"

namespace haneul::nova {

// /os-networks and /os-tenant-networks, up to 2.35: what Neutron says of its networks.
void add_network_routes(resource::Service& service, const Proxy& neutron);

}  // namespace haneul::nova
