#pragma once
#include "resource/service.h"
#include "services/nova/cloud.h"

namespace haneul::nova {

// /os-hosts, up to 2.42.
void add_host_routes(resource::Service& service, Cloud& cloud);

}  // namespace haneul::nova
