#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resource/table.h"
#include "services/neutron/context.h"
#include "services/neutron/json_text.h"
#include "services/neutron/network.h"
#include "services/neutron/noun.h"
#include "services/neutron/subnet.h"

namespace haneul::neutron {

constexpr std::string_view kDistributedOwner = "network:distributed";
constexpr std::string_view kDhcpOwner = "network:dhcp";
constexpr std::string_view kInterfaceOwner = "network:router_interface";
constexpr std::string_view kGatewayOwner = "network:router_gateway";
constexpr std::string_view kFloatingIpOwner = "network:floatingip";

struct PortRow {
  std::string id, name, project_id, network_id, mac_address;
  bool admin_state_up = true;
  std::string status = "DOWN", device_id, device_owner;
  JsonText fixed_ips, allowed_address_pairs, extra_dhcp_opts, security_groups;
  bool port_security_enabled = true;
  std::string host_id;
  JsonText profile = JsonText::object();
  std::string vif_type = "unbound";
  JsonText vif_details = JsonText::object();
  std::string vnic_type = "normal";
  std::string description, dns_name;
  JsonText dns_assignment;
  bool made_for_device = false;  // Nova made it, and takes it away with the server
  JsonText tags;
  Instant created_at, updated_at;
  std::int64_t revision_number = 1;
};

struct FixedAddress {
  std::string subnet_id, ip_address;
};
std::vector<FixedAddress> fixed_addresses(const PortRow& port);

const resource::Resource& port_resource();
const resource::Store<PortRow>& ports();
Noun port_noun(const Context& context);
resource::Where visible_ports(const access::Caller& caller, bool is_admin);

// What a new port asks for beside its row's plain members. Null: the client said nothing.
struct PortWishes {
  const json::Value* fixed_ips = nullptr;
  const json::Value* security_groups = nullptr;
  const json::Value* port_security = nullptr;
};
// Checks, gives MAC, addresses and groups; the row is ready to be stored. The addresses and groups
// are noted already.
void complete_port(db::Transaction& tx, const Context& context, const Network& network,
                   PortRow& port, const PortWishes& wishes);
// complete_port() and the row; counts usage without asking the limit. For ports of Neutron's own.
void make_own_port(db::Transaction& tx, const Context& context, PortRow& port,
                   const json::Value* fixed_ips);
// The row, its addresses, bindings and tags, whoever uses them; gives quota back.
void delete_port_row(db::Transaction& tx, const Context& context, const PortRow& port);
// As the API deletes it: floating IPs let go of it first.
void remove_port(db::Transaction& tx, const Context& context, const PortRow& port);
// Writes a changed row: another revision, another date, the driver told.
void save_port(db::Transaction& tx, const Context& context, PortRow& port);
// Where the port is to be; empty: nowhere.
void bind_port(PortRow& port, std::string_view host);

// port_addresses.cc. A port's addresses as asked for; `port.fixed_ips` are those kept.
void allocate_fixed_ips(db::Transaction& tx, const Context& context, const Network& network,
                        PortRow& port, const json::Value* wanted);
void change_fixed_ips(db::Transaction& tx, const Context& context, PortRow& port,
                      const json::Value& wanted);
void refresh_dns(const Context& context, PortRow& port, std::string_view network_domain);
// A new SLAAC subnet: every port on its network gets its address there.
void add_auto_addresses(db::Transaction& tx, const Context& context, const Subnet& subnet);
// The subnet goes: ports that still have an address there lose it.
void drop_addresses_on(db::Transaction& tx, const Context& context, std::string_view subnet_id);
// The one port that answers DHCP and metadata on a network: exists, with an address in each subnet
// with DHCP, as long as there is one.
void refresh_dhcp_port(db::Transaction& tx, const Context& context, std::string_view network_id);

// port_security.cc. The groups of a port; null wishes mean the project's default group.
void set_security(db::Transaction& tx, const Context& context, PortRow& port,
                  const PortWishes& wishes);
void check_address_pairs(PortRow& port);

}  // namespace haneul::neutron
