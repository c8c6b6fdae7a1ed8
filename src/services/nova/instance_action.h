#pragma once
#include "resource/service.h"
#include "services/nova/cloud.h"

namespace haneul::nova {

// /servers/{id}/os-instance-actions: who asked what of a server, also of one that is gone.
// upstream: openstack/nova:nova/api/openstack/compute/instance_actions.py
void add_instance_action_routes(resource::Service& service, Cloud& cloud);

}  // namespace haneul::nova
