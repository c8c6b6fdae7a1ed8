#include "services/neutron/logic/desired.h"

#include <algorithm>

#include "base/text.h"

namespace haneul::neutron {
namespace {

std::vector<net::HostRoute> routes_of(const JsonText& list) {
  std::vector<net::HostRoute> out;
  const json::Value value = list.value();
  for (const auto& route : *value.array()) {
    const json::Value* destination = route.at({"destination"});
    const json::Value* nexthop = route.at({"nexthop"});
    if (!destination || !nexthop) continue;
    const auto prefix = parse_prefix(*destination->text());
    const auto hop = parse_address(*nexthop->text());
    if (prefix && hop) out.push_back({network_text(*prefix), to_text(*hop)});
  }
  return out;
}

net::Subnet to_net(const Subnet& s, const std::optional<PortRow>& dhcp_port) {
  net::Subnet out;
  out.id = s.id;
  out.cidr = s.cidr;
  out.gateway_ip = s.gateway_ip.value_or("");
  out.ip_version = static_cast<int>(s.ip_version);
  out.enable_dhcp = s.enable_dhcp;
  out.dns_nameservers = texts_of(s.dns_nameservers);
  out.host_routes = routes_of(s.host_routes);
  out.ipv6_ra_mode = s.ipv6_ra_mode.value_or("");
  out.ipv6_address_mode = s.ipv6_address_mode.value_or("");
  if (dhcp_port) {
    for (const auto& f : fixed_addresses(*dhcp_port)) {
      if (f.subnet_id == s.id) out.metadata_ip = f.ip_address;
    }
  }
  return out;
}

net::RouterInterface to_net(const RouterLeg& leg) {
  net::RouterInterface out;
  out.port_id = leg.port.id;
  out.network_id = leg.port.network_id;
  out.mac_address = leg.port.mac_address;
  out.mtu = leg.mtu;
  for (const auto& f : fixed_addresses(leg.port)) {
    for (const auto& s : leg.subnets) {
      if (s.id != f.subnet_id) continue;
      out.addresses.push_back(f.ip_address + "/" + std::to_string(parse_prefix(s.cidr)->length));
      if (s.ip_version == 6 && s.ipv6_ra_mode) out.ra_mode = *s.ipv6_ra_mode;
    }
  }
  return out;
}

std::optional<int> narrow(const std::optional<std::int64_t>& v) {
  return v ? std::optional(static_cast<int>(*v)) : std::nullopt;
}

RouterLeg leg_of(db::Session& session, PortRow port) {
  RouterLeg leg;
  leg.mtu =
      session.integer("SELECT mtu FROM networks WHERE id = ?", {port.network_id}).value_or(1442);
  for (const auto& f : fixed_addresses(port)) {
    if (auto subnet = subnets().find(session, f.subnet_id))
      leg.subnets.push_back(std::move(*subnet));
  }
  leg.port = std::move(port);
  return leg;
}

}  // namespace

net::Network to_net(const Network& n, const std::vector<Subnet>& all,
                    const std::optional<PortRow>& dhcp_port) {
  net::Network out;
  out.id = n.id;
  out.name = n.name;
  out.mtu = n.mtu;
  out.admin_up = n.admin_state_up;
  out.physical_network = n.physical_network.value_or("");
  if (n.network_type == "vlan") out.vlan = narrow(n.segmentation_id);
  for (const auto& s : all) out.subnets.push_back(to_net(s, dhcp_port));
  out.dns_domain = n.dns_domain;
  if (dhcp_port) {
    out.metadata_port_id = dhcp_port->id;
    out.metadata_mac = dhcp_port->mac_address;
  }
  return out;
}

net::Port to_net(const PortRow& p) {
  net::Port out;
  out.id = p.id;
  out.network_id = p.network_id;
  out.name = p.name;
  out.mac_address = p.mac_address;
  out.device_owner = p.device_owner;
  out.device_id = p.device_id;
  for (auto& f : fixed_addresses(p)) out.fixed_ips.push_back({f.subnet_id, f.ip_address});
  out.admin_up = p.admin_state_up;
  out.port_security = p.port_security_enabled;
  out.security_groups = texts_of(p.security_groups);
  const json::Value pairs = p.allowed_address_pairs.value();
  for (const auto& pair : *pairs.array()) {
    out.allowed_address_pairs.push_back(
        {*pair.at({"ip_address"})->text(), *pair.at({"mac_address"})->text()});
  }
  out.host = p.host_id;
  out.dns_name = p.dns_name;
  return out;
}

net::SecurityGroup to_net(const SecurityGroup& group, const std::vector<SecurityGroupRule>& rules) {
  net::SecurityGroup out{group.id, group.name, {}};
  for (const auto& r : rules) {
    net::SecurityGroupRule rule;
    rule.id = r.id;
    rule.ingress = r.direction == "ingress";
    rule.ethertype = r.ethertype == "IPv6" ? 6 : 4;
    rule.protocol = r.protocol.value_or("");
    if (rule.protocol == "ipv6-icmp" || rule.protocol == "58") rule.protocol = "icmpv6";
    rule.port_min = narrow(r.port_range_min);
    rule.port_max = narrow(r.port_range_max);
    rule.remote_ip_prefix = r.normalized_cidr.value_or("");
    rule.remote_group_id = r.remote_group_id.value_or("");
    out.rules.push_back(std::move(rule));
  }
  return out;
}

net::Router to_net(const RouterRow& router, const std::vector<RouterLeg>& interfaces,
                   const std::optional<RouterLeg>& gateway,
                   const std::vector<FloatingIpRow>& floating_ips) {
  net::Router out;
  out.id = router.id;
  out.name = router.name;
  out.admin_up = router.admin_state_up;
  out.snat = router.enables_snat();
  out.routes = routes_of(router.routes);
  for (const auto& leg : interfaces) {
    out.interfaces.push_back(to_net(leg));
    for (const auto& s : leg.subnets) {
      if (s.ip_version == 4) out.snat_cidrs.push_back(s.cidr);
    }
  }
  if (gateway) {
    out.gateway = to_net(*gateway);
    for (const auto& s : gateway->subnets) {
      if (s.gateway_ip) out.gateway_nexthops.push_back(*s.gateway_ip);
    }
  }
  for (const auto& f : floating_ips) {
    if (!f.port_id || !f.fixed_ip_address) continue;
    out.floating_ips.push_back({f.id, f.floating_ip_address, *f.fixed_ip_address, *f.port_id});
  }
  return out;
}

bool is_wired(const PortRow& port) {
  return port.device_owner != kFloatingIpOwner && port.device_owner != kDistributedOwner;
}

std::optional<net::Network> desired_network(db::Session& session, std::string_view id) {
  const auto network = networks().find(session, id);
  if (!network) return std::nullopt;
  resource::Where where;
  where.equals("network_id", id).equals("device_owner", kDistributedOwner);
  return to_net(*network, subnets_of(session, id), ports().first(session, where));
}

std::optional<net::Port> desired_port(db::Session& session, std::string_view id) {
  const auto port = ports().find(session, id);
  return port && is_wired(*port) ? std::optional(to_net(*port)) : std::nullopt;
}

std::optional<net::SecurityGroup> desired_security_group(db::Session& session,
                                                         std::string_view id) {
  const auto group = security_groups().find(session, id);
  if (!group) return std::nullopt;
  return to_net(*group, rules_of(session, {std::string(id)}));
}

std::optional<net::Router> desired_router(db::Session& session, std::string_view id) {
  const auto router = routers().find(session, id);
  if (!router) return std::nullopt;
  std::vector<RouterLeg> legs;
  for (auto& port : interfaces_of(session, id)) legs.push_back(leg_of(session, std::move(port)));
  std::optional<RouterLeg> gateway;
  if (router->gateway_port_id) {
    if (auto port = ports().find(session, *router->gateway_port_id)) {
      gateway = leg_of(session, std::move(*port));
    }
  }
  return to_net(*router, legs, gateway,
                floatingips().list(session, resource::Where().equals("router_id", id)));
}

}  // namespace haneul::neutron
