#pragma once
#include "resource/service.h"
#include "services/nova/cloud.h"

namespace haneul::nova {

// What hangs on one server beside its own routes: interfaces, password, topology;
// and what no server here can have: migrations, attached volumes.
void add_server_part_routes(resource::Service& service, Cloud& cloud);

}  // namespace haneul::nova
