#pragma once
#include <string>

#include "resource/service.h"
#include "services/neutron/neutron.h"
#include "services/nova/cloud.h"

namespace haneul::nova {

// One group as Nova's own once looked: rules of what comes in, with ports as it counted them.
void write_security_group(json::Writer& w, Cloud& cloud, db::Session& session,
                          const net::SecurityGroup& group, const std::string& project,
                          const std::string& description);
// The caller's groups, for clients that look names up there; until 2.35.
// upstream: openstack/nova:nova/api/openstack/compute/security_groups.py
void add_security_group_routes(resource::Service& service, Cloud& cloud);

}  // namespace haneul::nova
