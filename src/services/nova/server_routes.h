#pragma once
#include "resource/service.h"
#include "services/nova/cloud.h"

namespace haneul::nova {

// /servers and what hangs on one server: show, update, delete, metadata, tags, ips, instance
// actions.
void add_server_routes(resource::Service& service, Cloud& cloud);

}  // namespace haneul::nova
