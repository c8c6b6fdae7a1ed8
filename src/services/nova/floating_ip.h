#pragma once
#include "resource/service.h"
#include "services/nova/cloud.h"
#include "services/nova/proxy.h"

namespace haneul::nova {

// /os-floating-ips and /os-floating-ip-pools, up to 2.35; the servers' actions addFloatingIp and
// removeFloatingIp, up to 2.43. Neutron does the work.
void add_floating_ip_routes(resource::Service& service, Cloud& cloud, const Proxy& neutron);

}  // namespace haneul::nova
