#include <algorithm>

#include "base/text.h"
#include "drivers/net/address.h"
#include "drivers/net/ovn_rows.h"

// Routers, their ports, routes and address translation.
namespace haneul::net::ovn {
namespace {

using ovsdb::Datum;
using ovsdb::Row;
using Pairs = std::map<std::string, std::string>;

Datum advertisements(const RouterInterface& interface) {
  if (interface.ra_mode.empty()) return {};
  std::string mode = interface.ra_mode;
  std::replace(mode.begin(), mode.end(), '-', '_');
  return Datum::map(Pairs{
      {"address_mode", mode}, {"send_periodic", "true"}, {"mtu", std::to_string(interface.mtu)}});
}

std::string first_ipv4(const RouterInterface& interface) {
  for (const auto& address : interface.addresses) {
    const std::string bare = without_prefix(address);
    if (ip_version(bare) == 4) return bare;
  }
  return {};
}

Row nat_row(const std::string& type, const std::string& external, const std::string& logical,
            Pairs ids) {
  return {{"type", Datum::of(type)},
          {"external_ip", Datum::of(external)},
          {"logical_ip", Datum::of(logical)},
          {"external_ids", Datum::map(ids)}};
}

Row route_row(const std::string& destination, const std::string& nexthop, Pairs ids) {
  return {{"ip_prefix", Datum::of(destination)},
          {"nexthop", Datum::of(nexthop)},
          {"external_ids", Datum::map(ids)}};
}

}  // namespace

Row router_row(const Router& router) {
  return {{"name", Datum::of(switch_name(router.id))},
          {"enabled", Datum::flag(router.admin_up)},
          {"options", Datum::map(Pairs{{"always_learn_from_arp_request", "false"},
                                       {"dynamic_neigh_routers", "true"}})},
          {"external_ids",
           Datum::map(Pairs{
               {"neutron:router_name", router.name},
               {"neutron:gw_port_id", router.gateway ? router.gateway->port_id : std::string()}})}};
}

Row router_port_row(const Router& router, const RouterInterface& interface, bool is_gateway) {
  Row row = {
      {"name", Datum::of(router_port_name(interface.port_id))},
      {"mac", Datum::of(interface.mac_address)},
      {"networks", Datum::set(interface.addresses)},
      {"external_ids", Datum::map(Pairs{{"neutron:router_name", router.id},
                                        {"neutron:network_name", switch_name(interface.network_id)},
                                        {"neutron:is_ext_gw", is_gateway ? "True" : "False"}})}};
  if (const Datum ra = advertisements(interface); !ra.empty()) row["ipv6_ra_configs"] = ra;
  return row;
}

std::string name_key(const Row& row) {
  return std::string(ovsdb::text_of(row, "name"));
}

std::map<std::string, Row> gateway_chassis_rows(const RouterInterface& gateway,
                                                const std::vector<std::string>& chassis) {
  std::map<std::string, Row> rows;
  auto priority = static_cast<std::int64_t>(chassis.size());
  for (const auto& one : chassis) {
    const std::string name = router_port_name(gateway.port_id) + "_" + one;
    rows[name] = {{"name", Datum::of(name)},
                  {"chassis_name", Datum::of(one)},
                  {"priority", Datum::number(priority--)}};
  }
  return rows;
}

std::map<std::string, Row> nat_rows(const Router& router) {
  std::map<std::string, Row> rows;
  if (!router.gateway) return rows;
  const std::string outside = first_ipv4(*router.gateway);
  if (router.snat && !outside.empty()) {
    for (const auto& cidr : router.snat_cidrs) {
      Row row = nat_row("snat", outside, cidr, {});
      rows.emplace(nat_key(row), std::move(row));
    }
  }
  for (const FloatingIp& ip : router.floating_ips) {
    Row row = nat_row("dnat_and_snat", ip.floating_ip, ip.fixed_ip,
                      {{"neutron:fip_id", ip.id},
                       {"neutron:fip_port_id", ip.port_id},
                       {"neutron:router_name", switch_name(router.id)}});
    rows.emplace(nat_key(row), std::move(row));
  }
  return rows;
}

std::string nat_key(const Row& row) {
  const std::string type(ovsdb::text_of(row, "type"));
  const std::string_view id = ovsdb::text_of(row, "external_ids", "neutron:fip_id");
  return type + " " + std::string(id.empty() ? ovsdb::text_of(row, "logical_ip") : id);
}

std::map<std::string, Row> route_rows(const Router& router) {
  std::map<std::string, Row> rows;
  const auto add = [&rows](Row row) {
    std::string key = route_key(row);
    rows.emplace(std::move(key), std::move(row));
  };
  if (router.gateway) {
    for (const auto& nexthop : router.gateway_nexthops) {
      Row row = route_row(ip_version(nexthop) == 6 ? "::/0" : "0.0.0.0/0", nexthop,
                          {{"neutron:is_ext_gw", "true"}});
      // A link-local next hop says nothing about where it is.
      if (contains("fe80::/10", nexthop)) {
        row["output_port"] = Datum::of(router_port_name(router.gateway->port_id));
      }
      add(std::move(row));
    }
  }
  for (const HostRoute& route : router.routes) {
    add(route_row(route.destination, route.nexthop, {}));
  }
  return rows;
}

std::string route_key(const Row& row) {
  return std::string(ovsdb::text_of(row, "ip_prefix")) + " " +
         std::string(ovsdb::text_of(row, "nexthop"));
}

}  // namespace haneul::net::ovn
