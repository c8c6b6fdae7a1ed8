#pragma once
#include <string_view>
#include <vector>

#include "resource/service.h"
#include "services/nova/settings.h"

namespace haneul::nova {

// Every limit Compute knows, with upstream's defaults. Only instances, cores, ram and
// server_groups are counted per project; the others are limits of one thing or of other services.
// upstream: openstack/nova:nova/conf/quota.py
std::vector<resource::QuotaLimit> quota_limits(const QuotaSettings& settings);

// /os-quota-sets/{project} and /os-quota-class-sets/{class}.
// upstream: openstack/nova:nova/api/openstack/compute/quota_sets.py, quota_classes.py
void add_quota_set_routes(resource::Service& service);

}  // namespace haneul::nova
