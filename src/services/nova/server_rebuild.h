#pragma once
#include "resource/service.h"
#include "services/nova/cloud.h"

namespace haneul::nova {

// The rebuild action: a new root disk, and whatever else of the server the body changes.
// upstream: openstack/nova:nova/api/openstack/compute/servers.py (_rebuild)
void add_server_rebuild_routes(resource::Service& service, Cloud& cloud);

}  // namespace haneul::nova
