#pragma once
#include <string>
#include <vector>

#include "resource/service.h"
#include "services/neutron/context.h"

namespace haneul::neutron {

std::vector<resource::QuotaLimit> quota_limits(const QuotaOptions& quotas);
// Where what a project is charged and what it has differ, one sentence each.
std::vector<std::string> find_miscounts(db::Session& session, const resource::Quota& quota);
// upstream: openstack/neutron:neutron/extensions/quotasv2.py, quotasv2_detail.py
void add_quota_routes(resource::Service& service, const Context& context);

}  // namespace haneul::neutron
