#pragma once
#include "resource/service.h"
#include "services/nova/proxy.h"

namespace haneul::nova {

// /os-security-groups and /os-security-group-rules, up to 2.35: Neutron's in Nova's old shape.
void add_security_group_routes(resource::Service& service, const Proxy& neutron);

}  // namespace haneul::nova
