#pragma once
#include <cstdint>

#include "json/value.h"
#include "services/neutron/subnet.h"

namespace haneul::neutron {

struct SubnetLimits {
  std::int64_t nameservers_max = 5, host_routes_max = 20;
};

// What may stand in a subnet, whatever else there is. `given` are the values the client sent;
// `old` is the row before an update, null for a new one. Throw InvalidInput and its like.
// upstream: openstack/neutron:neutron/db/db_base_plugin_v2.py _validate_subnet
void check_subnet(const Subnet& subnet, const SubnetLimits& limits, const json::Object& given,
                  const Subnet* old);
// In the subnet, in order and apart from each other.
void check_pools(const Subnet& subnet);
void check_gateway_outside_pools(const Subnet& subnet);
// The first address and all others, unless the client chose.
void choose_gateway_and_pools(Subnet& subnet, const json::Object& given);
JsonText pools_text(const std::vector<Range>& pools);

}  // namespace haneul::neutron
