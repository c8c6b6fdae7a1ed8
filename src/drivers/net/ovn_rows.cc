#include "drivers/net/ovn_rows.h"

#include <algorithm>

#include "base/text.h"
#include "drivers/net/address.h"

namespace haneul::net::ovn {
namespace {

using ovsdb::Datum;
using ovsdb::Row;
using Pairs = std::map<std::string, std::string>;

constexpr std::string_view kMetadataAddress = "169.254.169.254";
// upstream: openstack/neutron:neutron/plugins/ml2/drivers/ovn/mech_driver/ovsdb/ovn_client.py
// (_get_ovn_dhcpv4_opts)
constexpr std::string_view kLeaseSeconds = "43200";

std::string braces(const std::vector<std::string>& parts) {
  return "{" + join(parts, ", ") + "}";
}

std::string domain_of(const Network& network) {
  std::string domain = network.dns_domain;
  if (domain.ends_with('.')) domain.pop_back();
  return domain;
}

bool is_safe_domain(std::string_view domain) {
  return !domain.empty() && domain.find_first_of("\"\\{}\n") == std::string_view::npos;
}

std::string routes_of(const Subnet& subnet) {
  std::vector<std::string> routes;
  if (!subnet.metadata_ip.empty()) {
    routes.push_back(std::string(kMetadataAddress) + "/32," + subnet.metadata_ip);
  }
  for (const HostRoute& route : subnet.host_routes) {
    routes.push_back(route.destination + "," + route.nexthop);
  }
  if (routes.empty()) return {};
  // A client that takes this option ignores the router option (RFC 3442).
  if (!subnet.gateway_ip.empty()) routes.push_back("0.0.0.0/0," + subnet.gateway_ip);
  return braces(routes);
}

std::optional<Pairs> dhcp4_options(const Network& network, const Subnet& subnet) {
  const std::string server = subnet.gateway_ip.empty() ? subnet.metadata_ip : subnet.gateway_ip;
  if (server.empty()) return std::nullopt;
  Pairs options = {{"server_id", server},
                   {"server_mac", mac_from(subnet.id)},
                   {"lease_time", std::string(kLeaseSeconds)},
                   {"mtu", std::to_string(network.mtu)}};
  if (!subnet.gateway_ip.empty()) options["router"] = subnet.gateway_ip;
  if (!subnet.dns_nameservers.empty()) options["dns_server"] = braces(subnet.dns_nameservers);
  if (const std::string routes = routes_of(subnet); !routes.empty()) {
    options["classless_static_route"] = routes;
  }
  if (const std::string domain = domain_of(network); is_safe_domain(domain)) {
    options["domain_name"] = "\"" + domain + "\"";
  }
  return options;
}

std::optional<Pairs> dhcp6_options(const Network& network, const Subnet& subnet) {
  if (subnet.ipv6_address_mode == "slaac") return std::nullopt;
  Pairs options = {{"server_id", mac_from(subnet.id)}};
  if (!subnet.dns_nameservers.empty()) options["dns_server"] = braces(subnet.dns_nameservers);
  if (subnet.ipv6_address_mode == "dhcpv6-stateless") options["dhcpv6_stateless"] = "true";
  if (const std::string domain = domain_of(network); is_safe_domain(domain)) {
    options["domain_search"] = "\"" + domain + "\"";
  }
  return options;
}

// One "mac ip ip …" for each MAC the port may use, its own first.
std::vector<std::string> allowed_addresses(const Port& port) {
  std::string own = port.mac_address;
  std::map<std::string, std::string> others;
  for (const FixedIp& ip : port.fixed_ips) own += " " + ip.ip_address;
  for (const AddressPair& pair : port.allowed_address_pairs) {
    if (pair.mac_address.empty() || pair.mac_address == port.mac_address) {
      own += " " + pair.ip_address;
    } else {
      auto& line = others.try_emplace(pair.mac_address, pair.mac_address).first->second;
      line += " " + pair.ip_address;
    }
  }
  std::vector<std::string> all = {own};
  for (const auto& [mac, line] : others) all.push_back(line);
  return all;
}

Datum guest_addresses(const Port& port) {
  std::string own = port.mac_address;
  for (const FixedIp& ip : port.fixed_ips) own += " " + ip.ip_address;
  std::vector<std::string> addresses = {own};
  if (port.port_security) {
    const auto allowed = allowed_addresses(port);
    addresses.insert(addresses.end(), allowed.begin() + 1, allowed.end());
  } else {
    addresses.emplace_back("unknown");
  }
  return Datum::set(std::move(addresses));
}

Datum router_port_options(const Port& port) {
  Pairs options = {{"router-port", router_port_name(port.id)}};
  if (port.device_owner == "network:router_gateway") {
    options["nat-addresses"] = "router";
    options["exclude-lb-vips-from-garp"] = "true";
  }
  return Datum::map(options);
}

}  // namespace

std::string switch_name(std::string_view network_id) {
  return "neutron-" + std::string(network_id);
}

std::string router_port_name(std::string_view port_id) {
  return "lrp-" + std::string(port_id);
}

std::string provider_port_name(std::string_view network_id) {
  return "provnet-" + std::string(network_id);
}

std::string port_group_name(std::string_view group_id) {
  std::string name = "pg_" + std::string(group_id);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

bool is_router_port(const Port& port) {
  return port.device_owner.starts_with("network:router_");
}

bool is_unseen(const Port& port) {
  return port.device_owner == "network:floatingip" || port.device_owner == "network:distributed";
}

Row switch_row(const Network& network) {
  return {{"name", Datum::of(switch_name(network.id))},
          {"other_config", Datum::map({{"mcast_snoop", "false"}, {"vlan-passthru", "false"}})},
          {"external_ids", Datum::map({{"neutron:network_name", network.name},
                                       {"neutron:mtu", std::to_string(network.mtu)}})}};
}

Row provider_port_row(const Network& network) {
  Row row = {{"name", Datum::of(provider_port_name(network.id))},
             {"type", Datum::of("localnet")},
             {"addresses", Datum::set({"unknown"})},
             {"options", Datum::map({{"network_name", network.physical_network},
                                     {"mcast_flood", "false"},
                                     {"mcast_flood_reports", "true"}})}};
  if (network.vlan) row["tag"] = Datum::number(*network.vlan);
  return row;
}

Row metadata_port_row(const Network& network) {
  std::string addresses = network.metadata_mac;
  for (const Subnet& subnet : network.subnets) {
    if (!subnet.metadata_ip.empty()) addresses += " " + subnet.metadata_ip;
  }
  return {{"name", Datum::of(network.metadata_port_id)},
          {"type", Datum::of("localport")},
          {"enabled", Datum::flag(true)},
          {"addresses", Datum::set({addresses})},
          {"external_ids", Datum::map({{"neutron:device_id", "ovnmeta-" + network.id},
                                       {"neutron:device_owner", "network:distributed"},
                                       {"neutron:network_name", switch_name(network.id)},
                                       {"neutron:port_name", ""},
                                       {"neutron:security_group_ids", ""}})}};
}

std::optional<Row> dhcp_row(const Network& network, const Subnet& subnet) {
  if (!subnet.enable_dhcp) return std::nullopt;
  const auto options =
      subnet.ip_version == 6 ? dhcp6_options(network, subnet) : dhcp4_options(network, subnet);
  if (!options) return std::nullopt;
  return Row{{"cidr", Datum::of(subnet.cidr)},
             {"options", Datum::map(*options)},
             {"external_ids", Datum::map({{"subnet_id", subnet.id}})}};
}

Row port_row(const Port& port) {
  Row row = {
      {"name", Datum::of(port.id)},
      {"enabled", Datum::flag(port.admin_up)},
      {"external_ids", Datum::map({{"neutron:port_name", port.name},
                                   {"neutron:device_id", port.device_id},
                                   {"neutron:device_owner", port.device_owner},
                                   {"neutron:network_name", switch_name(port.network_id)},
                                   {"neutron:security_group_ids", join(groups_of(port), " ")}})}};
  if (is_router_port(port)) {
    row["type"] = Datum::of("router");
    row["addresses"] = Datum::set({"router"});
    row["options"] = router_port_options(port);
    return row;
  }
  row["addresses"] = guest_addresses(port);
  if (port.port_security) row["port_security"] = Datum::set(allowed_addresses(port));
  if (!port.host.empty()) row["options"] = Datum::map({{"requested-chassis", port.host}});
  return row;
}

std::vector<std::string> groups_of(const Port& port) {
  if (!port.port_security || is_router_port(port)) return {};
  std::vector<std::string> groups = port.security_groups;
  std::sort(groups.begin(), groups.end());
  return groups;
}

std::vector<std::string> groups_of(const Row& port_row) {
  std::vector<std::string> groups;
  const auto ids = ovsdb::text_of(port_row, "external_ids", "neutron:security_group_ids");
  for (const auto id : split(ids, ' ')) {
    if (!id.empty()) groups.emplace_back(id);
  }
  return groups;
}

bool is_filtered(const Row& port_row) {
  return !ovsdb::column(port_row, "port_security").empty();
}

}  // namespace haneul::net::ovn
