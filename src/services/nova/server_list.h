#pragma once
#include "http/message.h"
#include "resource/call.h"
#include "services/nova/server.h"

namespace haneul::nova {

// GET /servers and /servers/detail: filters, sorting, paging.
// upstream: openstack/nova:nova/api/openstack/compute/servers.py (_get_servers)
http::Response list_servers(resource::Call& call, const ServerStore& servers, bool detail);

}  // namespace haneul::nova
