#pragma once
#include "services/neutron/network.h"

namespace haneul::neutron {

// What carries a network: its type, the physical network, the VLAN or tunnel's number. Chooses what
// was left open. Throws InvalidInput, VlanIdInUse, TunnelIdInUse, FlatNetworkInUse,
// NoNetworkAvailable.
void choose_segment(db::Session& session, const Context& context, Network& network);
// 0 becomes the largest there is. Throws InvalidInput, NetworkMTUSubnetConflict.
void check_mtu(db::Session& session, const Context& context, Network& network);

}  // namespace haneul::neutron
