#pragma once
#include <optional>
#include <string>
#include <vector>

#include "resource/table.h"
#include "services/neutron/context.h"
#include "services/neutron/json_text.h"
#include "services/neutron/logic/ip.h"
#include "services/neutron/noun.h"

namespace haneul::neutron {

struct Subnet {
  std::string id, name, project_id, network_id;
  std::int64_t ip_version = 4;
  std::string cidr;
  std::optional<std::string> gateway_ip;
  bool enable_dhcp = true;
  std::optional<std::string> ipv6_ra_mode, ipv6_address_mode;
  JsonText allocation_pools, dns_nameservers, host_routes;
  std::optional<std::string> subnetpool_id;
  JsonText service_types;
  bool dns_publish_fixed_ip = false;
  std::string description;
  JsonText tags;
  Instant created_at, updated_at;
  std::int64_t revision_number = 1;
};

const resource::Resource& subnet_resource();
const resource::Store<Subnet>& subnets();
Noun subnet_noun(const Context& context);

// By name, then id: the order in which addresses are given out.
std::vector<Subnet> subnets_of(db::Session& session, std::string_view network_id);
std::vector<Range> pools_of(const Subnet& subnet);
// IPv6 subnets whose ports make their own addresses: SLAAC and stateless DHCPv6.
bool is_auto_addressed(const Subnet& subnet);

// Checks a new subnet, fills in gateway and pools. `given` tells what the caller left open.
void complete_subnet(db::Transaction& tx, const Context& context, Subnet& subnet,
                     const json::Object& given);
// The row is stored: cursors, the network's list, addresses for ports that make their own.
void settle_subnet(db::Transaction& tx, const Context& context, const Subnet& subnet);
// The row and all that hangs on it but ports.
void delete_subnet_row(db::Transaction& tx, const Context& context, const Subnet& subnet);

}  // namespace haneul::neutron
