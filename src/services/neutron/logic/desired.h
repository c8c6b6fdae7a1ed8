#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "drivers/net/driver.h"
#include "services/neutron/floatingip.h"
#include "services/neutron/network.h"
#include "services/neutron/port.h"
#include "services/neutron/router.h"
#include "services/neutron/security_group.h"
#include "services/neutron/subnet.h"

namespace haneul::neutron {

// Rows as the driver wants to hear of them. Pure: what is not given is not there.
net::Network to_net(const Network& network, const std::vector<Subnet>& subnets,
                    const std::optional<PortRow>& dhcp_port);
net::Port to_net(const PortRow& port);
net::SecurityGroup to_net(const SecurityGroup& group, const std::vector<SecurityGroupRule>& rules);

// A router's port with the subnets its addresses are in.
struct RouterLeg {
  PortRow port;
  std::vector<Subnet> subnets;
  std::int64_t mtu = 1442;
};
net::Router to_net(const RouterRow& router, const std::vector<RouterLeg>& interfaces,
                   const std::optional<RouterLeg>& gateway,
                   const std::vector<FloatingIpRow>& floating_ips);

// Ports the driver is to know. Floating IPs' ports only hold an address.
bool is_wired(const PortRow& port);

// The same read from the database; nothing if the row is gone or nothing is to be wired.
std::optional<net::Network> desired_network(db::Session& session, std::string_view id);
std::optional<net::Port> desired_port(db::Session& session, std::string_view id);
std::optional<net::SecurityGroup> desired_security_group(db::Session& session, std::string_view id);
std::optional<net::Router> desired_router(db::Session& session, std::string_view id);

}  // namespace haneul::neutron
