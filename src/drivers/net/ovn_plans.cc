#include "drivers/net/ovn_plans.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "drivers/net/address.h"
#include "drivers/net/names.h"
#include "drivers/net/ovn_rows.h"
#include "drivers/net/ovn_tables.h"

namespace haneul::net::ovn {
namespace {

using ovsdb::Datum;
using ovsdb::Replica;
using ovsdb::Row;

constexpr std::string_view kSwitch = "Logical_Switch";
constexpr std::string_view kPort = "Logical_Switch_Port";
constexpr std::string_view kDhcp = "DHCP_Options";
constexpr std::string_view kRouter = "Logical_Router";
constexpr std::string_view kRouterPort = "Logical_Router_Port";
constexpr std::string_view kGroup = "Port_Group";

// A network's DHCP rows by subnet id, as they are or as a plan leaves them.
struct Dhcp {
  std::string name, cidr;
};
using DhcpRows = std::map<std::string, Dhcp>;

DhcpRows dhcp_rows_of(const Replica& replica, const std::string& network_id) {
  DhcpRows rows;
  for (const auto& uuid : replica.find_all(kDhcp, mark_of({Kind::network, network_id}))) {
    const Row& row = *replica.find(kDhcp, uuid);
    rows[std::string(ovsdb::text_of(row, "external_ids", "subnet_id"))] = {
        uuid, std::string(ovsdb::text_of(row, "cidr"))};
  }
  return rows;
}

DhcpRows plan_dhcp(const Replica& replica, const Network& network, Plan& plan) {
  const DhcpRows present = dhcp_rows_of(replica, network.id);
  DhcpRows after;
  for (const Subnet& subnet : network.subnets) {
    auto row = dhcp_row(network, subnet);
    if (!row) continue;
    const auto old = present.find(subnet.id);
    const std::string uuid = old == present.end() ? std::string() : old->second.name;
    after[subnet.id] = {plan.ensure(kDhcp, uuid, *std::move(row)), subnet.cidr};
  }
  for (const auto& uuid : replica.find_all(kDhcp, mark_of({Kind::network, network.id}))) {
    const bool kept = std::any_of(after.begin(), after.end(),
                                  [&](const auto& one) { return one.second.name == uuid; });
    if (!kept) plan.erase(kDhcp, uuid);
  }
  return after;
}

bool takes_dhcp(std::string_view device_owner) {
  return !device_owner.starts_with("network:");
}

// The first subnet, in the order of the port's addresses, that offers DHCP of this version.
Datum dhcp_for(const std::vector<std::string>& addresses, const DhcpRows& rows, int version) {
  for (const auto& address : addresses) {
    if (ip_version(address) != version) continue;
    for (const auto& [subnet, dhcp] : rows) {
      if (contains(dhcp.cidr, address)) return Datum::of(dhcp.name);
    }
  }
  return {};
}

// The addresses of a port's row: of "mac ip ip" those of the port itself.
std::vector<std::string> addresses_of(const Row& port) {
  std::vector<std::string> addresses;
  for (const auto& line : ovsdb::column(port, "addresses").keys) {
    for (const auto word : split(line, ' ')) {
      if (ip_version(word)) addresses.emplace_back(word);
    }
  }
  return addresses;
}

// A new subnet's DHCP serves ports that were there before it.
void relink_ports(const Replica& replica, const Row& network, const DhcpRows& dhcp, Plan& plan) {
  for (const auto& uuid : ovsdb::column(network, "ports").keys) {
    const Row* port = replica.find(kPort, uuid);
    if (port == nullptr || !mark_of(*port).starts_with("port/")) continue;
    if (!takes_dhcp(ovsdb::text_of(*port, "external_ids", "neutron:device_owner"))) continue;
    const auto addresses = addresses_of(*port);
    plan.set(kPort, uuid, "dhcpv4_options", dhcp_for(addresses, dhcp, 4));
    plan.set(kPort, uuid, "dhcpv6_options", dhcp_for(addresses, dhcp, 6));
  }
}

// Ports that come with the network: those wanted are made, others that carry its mark go.
std::vector<std::string> plan_own_ports(const Replica& replica, const Network& network,
                                        const std::string& switch_uuid, Plan& plan) {
  std::vector<Row> wanted;
  if (!network.physical_network.empty()) wanted.push_back(provider_port_row(network));
  if (!network.metadata_port_id.empty()) wanted.push_back(metadata_port_row(network));
  std::vector<std::string> names;
  for (Row& row : wanted) {
    const std::string uuid = replica.find_one(kPort, name_key(row));
    names.push_back(plan.ensure(kPort, uuid, std::move(row)));
  }
  const Row* present = switch_uuid.empty() ? nullptr : replica.find(kSwitch, switch_uuid);
  if (present == nullptr) return names;
  for (const auto& name : names) plan.add_to(kSwitch, switch_uuid, "ports", name);
  for (const auto& uuid : ovsdb::column(*present, "ports").keys) {
    const Row* port = replica.find(kPort, uuid);
    if (port == nullptr || mark_of(*port) != mark_of({Kind::network, network.id})) continue;
    if (std::find(names.begin(), names.end(), uuid) != names.end()) continue;
    plan.remove_from(kSwitch, switch_uuid, "ports", uuid);
  }
  return names;
}

void plan_groups(const Replica& replica, const Port& port, const std::string& uuid, const Row& row,
                 Plan& plan) {
  std::set<std::string> wanted;
  for (const auto& id : groups_of(port)) wanted.insert(port_group_name(id));
  if (is_filtered(row)) wanted.emplace(kDropGroup);
  if (!uuid.starts_with('@')) {
    replica.each(kGroup, [&](const std::string& group, const Row& present) {
      if (!ovsdb::column(present, "ports").has(uuid)) return;
      if (mark_of(present).empty() || wanted.contains(name_key(present))) return;
      plan.remove_from(kGroup, group, "ports", uuid);
    });
  }
  for (const auto& name : wanted) {
    const std::string group = replica.find_one(kGroup, name);
    if (!group.empty()) plan.add_to(kGroup, group, "ports", uuid);
  }
}

void plan_switch_of(const Replica& replica, const std::string& switch_uuid, const std::string& port,
                    Plan& plan) {
  plan.add_to(kSwitch, switch_uuid, "ports", port);
  if (port.starts_with('@') ||
      ovsdb::column(*replica.find(kSwitch, switch_uuid), "ports").has(port)) {
    return;
  }
  replica.each(kSwitch, [&](const std::string& other, const Row&) {
    if (other != switch_uuid) plan.remove_from(kSwitch, other, "ports", port);
  });
}

void erase_port(const Replica& replica, const std::string& uuid, Plan& plan) {
  const Row* port = replica.find(kPort, uuid);
  if (port == nullptr) return;
  const auto network = ovsdb::text_of(*port, "external_ids", "neutron:network_name");
  const std::string likely = replica.find_one(kSwitch, std::string(network));
  if (!likely.empty() && ovsdb::column(*replica.find(kSwitch, likely), "ports").has(uuid)) {
    plan.remove_from(kSwitch, likely, "ports", uuid);
    return;
  }
  replica.each(kSwitch, [&](const std::string& other, const Row&) {
    plan.remove_from(kSwitch, other, "ports", uuid);
  });
}

}  // namespace

Plan plan_network(const Replica& replica, const Network& network) {
  Plan plan(replica, mark_of({Kind::network, network.id}));
  const std::string uuid = replica.find_one(kSwitch, switch_name(network.id));
  const DhcpRows before = dhcp_rows_of(replica, network.id);
  const DhcpRows dhcp = plan_dhcp(replica, network, plan);
  const auto ports = plan_own_ports(replica, network, uuid, plan);
  Row row = switch_row(network);
  if (uuid.empty()) row["ports"] = Datum::set(ports);
  plan.ensure(kSwitch, uuid, std::move(row));
  const auto same = [](const auto& a, const auto& b) {
    return a.second.name == b.second.name && a.second.cidr == b.second.cidr;
  };
  if (!uuid.empty() && !std::equal(before.begin(), before.end(), dhcp.begin(), dhcp.end(), same)) {
    relink_ports(replica, *replica.find(kSwitch, uuid), dhcp, plan);
  }
  return plan;
}

Plan plan_port(const Replica& replica, const Port& port) {
  if (is_unseen(port)) return plan_removal(replica, {Kind::port, port.id});
  Plan plan(replica, mark_of({Kind::port, port.id}));
  const std::string switch_uuid = replica.find_one(kSwitch, switch_name(port.network_id));
  if (switch_uuid.empty()) {
    throw Error("port " + port.id + " is of network " + port.network_id + ", which is not here");
  }
  Row row = port_row(port);
  if (!is_router_port(port) && takes_dhcp(port.device_owner)) {
    const DhcpRows dhcp = dhcp_rows_of(replica, port.network_id);
    std::vector<std::string> addresses;
    for (const FixedIp& ip : port.fixed_ips) addresses.push_back(ip.ip_address);
    row["dhcpv4_options"] = dhcp_for(addresses, dhcp, 4);
    row["dhcpv6_options"] = dhcp_for(addresses, dhcp, 6);
  }
  const std::string name = plan.ensure(kPort, replica.find_one(kPort, port.id), row);
  plan_switch_of(replica, switch_uuid, name, plan);
  plan_groups(replica, port, name, row, plan);
  return plan;
}

Plan plan_router(const Replica& replica, const Router& router,
                 const std::vector<std::string>& gateway_chassis) {
  Plan plan(replica, mark_of({Kind::router, router.id}));
  const std::string uuid = replica.find_one(kRouter, switch_name(router.id));
  const Row none;
  const Row& present = uuid.empty() ? none : *replica.find(kRouter, uuid);
  std::map<std::string, Row> ports;
  for (const RouterInterface& interface : router.interfaces) {
    ports.insert_or_assign(router_port_name(interface.port_id),
                           router_port_row(router, interface, false));
  }
  if (router.gateway) {
    const std::string name = router_port_name(router.gateway->port_id);
    Row row = router_port_row(router, *router.gateway, true);
    const Row* old = replica.find(kRouterPort, replica.find_one(kRouterPort, name));
    row["gateway_chassis"] = plan.ensure_children(
        "Gateway_Chassis", old == nullptr ? Datum() : ovsdb::column(*old, "gateway_chassis"),
        gateway_chassis_rows(*router.gateway, gateway_chassis), name_key);
    ports.insert_or_assign(name, std::move(row));
  }
  Row row = router_row(router);
  row["ports"] = plan.ensure_children(kRouterPort, ovsdb::column(present, "ports"),
                                      std::move(ports), name_key);
  row["nat"] =
      plan.ensure_children("NAT", ovsdb::column(present, "nat"), nat_rows(router), nat_key);
  row["static_routes"] =
      plan.ensure_children("Logical_Router_Static_Route", ovsdb::column(present, "static_routes"),
                           route_rows(router), route_key);
  plan.ensure(kRouter, uuid, std::move(row));
  return plan;
}

Plan plan_security_group(const Replica& replica, const SecurityGroup& group) {
  Plan plan(replica, mark_of({Kind::security_group, group.id}));
  const std::string uuid = replica.find_one(kGroup, port_group_name(group.id));
  const Row none;
  const Row& present = uuid.empty() ? none : *replica.find(kGroup, uuid);
  std::map<std::string, Row> rules;
  for (const auto& rule : group.rules) rules.insert_or_assign(rule.id, acl_row(group, rule));
  Row row = port_group_row(group);
  row["acls"] =
      plan.ensure_children("ACL", ovsdb::column(present, "acls"), std::move(rules), acl_key);
  if (uuid.empty()) {
    std::vector<std::string> waiting;
    replica.each(kPort, [&](const std::string& port, const Row& port_columns) {
      const auto groups = groups_of(port_columns);
      if (std::find(groups.begin(), groups.end(), group.id) != groups.end()) {
        waiting.push_back(port);
      }
    });
    row["ports"] = Datum::set(std::move(waiting));
  }
  plan.ensure(kGroup, uuid, std::move(row));
  return plan;
}

Plan plan_drop_group(const Replica& replica) {
  Plan plan(replica, std::string(kShared));
  const std::string uuid = replica.find_one(kGroup, std::string(kDropGroup));
  const Row none;
  const Row& present = uuid.empty() ? none : *replica.find(kGroup, uuid);
  Row row = {{"name", Datum::of(std::string(kDropGroup))}};
  row["acls"] =
      plan.ensure_children("ACL", ovsdb::column(present, "acls"), drop_acl_rows(), drop_acl_key);
  if (uuid.empty()) {
    std::vector<std::string> filtered;
    replica.each(kPort, [&](const std::string& port, const Row& columns) {
      if (is_filtered(columns) && !mark_of(columns).empty()) filtered.push_back(port);
    });
    row["ports"] = Datum::set(std::move(filtered));
  }
  plan.ensure(kGroup, uuid, std::move(row));
  return plan;
}

Plan plan_removal(const Replica& replica, const Object& object) {
  const std::string mark = mark_of(object);
  Plan plan(replica, mark);
  switch (object.kind) {
    case Kind::network:
      plan.erase(kSwitch, replica.find_one(kSwitch, switch_name(object.id)));
      for (const auto& uuid : replica.find_all(kDhcp, mark)) plan.erase(kDhcp, uuid);
      break;
    case Kind::port:
      for (const auto& uuid : replica.find_all(kPort, object.id)) {
        const Row* port = replica.find(kPort, uuid);
        if (mark_of(*port) == mark) erase_port(replica, uuid, plan);
      }
      break;
    case Kind::router:
      plan.erase(kRouter, replica.find_one(kRouter, switch_name(object.id)));
      break;
    case Kind::security_group:
      plan.erase(kGroup, replica.find_one(kGroup, port_group_name(object.id)));
      break;
  }
  return plan;
}

std::vector<Object> marked_objects(const Replica& replica) {
  std::set<Object> objects;
  for (const std::string_view table : {kSwitch, kPort, kDhcp, kRouter, kGroup}) {
    replica.each(table, [&](const std::string&, const Row& row) {
      if (auto object = object_of(mark_of(row))) objects.insert(*std::move(object));
    });
  }
  return {objects.begin(), objects.end()};
}

}  // namespace haneul::net::ovn
