#pragma once
#include "resource/service.h"
#include "services/nova/cloud.h"

namespace haneul::nova {

// Keeps what a server used that is about to go; nothing if it never ran.
void record_usage(db::Transaction& tx, const Server& server, Instant now);

// /os-simple-tenant-usage: hours of processors, memory and disk by project.
// upstream: openstack/nova:nova/api/openstack/compute/simple_tenant_usage.py
void add_tenant_usage_routes(resource::Service& service);

}  // namespace haneul::nova
