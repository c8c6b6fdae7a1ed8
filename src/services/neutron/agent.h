#pragma once
#include "resource/service.h"
#include "services/neutron/context.h"
#include "services/neutron/neutron.h"

namespace haneul::neutron {

// /v2.0/agents and /v2.0/availability_zones: what upstream's OVN driver shows for each host, its
// ovn-controller and who answers metadata there. Rows are written by hosts that report.
// upstream: openstack/neutron:neutron/plugins/ml2/drivers/ovn/agent/neutron_agent.py
void add_agent_routes(resource::Service& service, const Context& context);
void note_host(db::Transaction& tx, const Context& context, const HostReport& report);

}  // namespace haneul::neutron
