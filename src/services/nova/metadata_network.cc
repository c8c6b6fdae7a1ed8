#include <arpa/inet.h>
#include <fmt/format.h>

#include "base/text.h"
#include "services/nova/metadata.h"

namespace haneul::nova {
namespace {

using Subnets = std::map<std::string, neutron::SubnetFacts, std::less<>>;

struct Prefix {
  std::string network, netmask;
};

// "10.0.0.0/24" → 10.0.0.0 and 255.255.255.0; the same for IPv6.
Prefix split_cidr(std::string_view cidr, int version) {
  const auto slash = cidr.find('/');
  const std::string network(cidr.substr(0, slash));
  const auto given =
      slash == std::string_view::npos ? std::nullopt : parse_int(cidr.substr(slash + 1));
  const int bytes = version == 4 ? 4 : 16;
  const auto bits = std::clamp<std::int64_t>(given.value_or(bytes * 8), 0, bytes * 8);
  unsigned char mask[16] = {};
  for (int bit = 0; bit < bits; ++bit) mask[bit / 8] |= static_cast<unsigned char>(0x80 >> bit % 8);
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(version == 4 ? AF_INET : AF_INET6, mask, text, sizeof(text));
  return {network, text};
}

void write_services(json::Writer& w, const std::vector<std::string>& servers) {
  w.begin_array();
  for (const auto& address : servers) {
    w.begin_object().member("type", "dns").member("address", address).end_object();
  }
  w.end_array();
}

void write_route(json::Writer& w, const Prefix& to, std::string_view gateway) {
  w.begin_object().member("network", to.network).member("netmask", to.netmask);
  w.member("gateway", gateway).end_object();
}

void write_routes(json::Writer& w, const neutron::SubnetFacts& s) {
  w.begin_array();
  const std::string any = s.ip_version == 4 ? "0.0.0.0" : "::";
  if (!s.gateway_ip.empty()) write_route(w, {any, any}, s.gateway_ip);
  for (const auto& r : s.host_routes) {
    write_route(w, split_cidr(r.destination, s.ip_version), r.nexthop);
  }
  w.end_array();
}

std::string link_of(const neutron::PortFacts& port) {
  return "tap" + port.id.substr(0, 11);
}

void write_link(json::Writer& w, const neutron::PortFacts& port) {
  w.begin_object().member("id", link_of(port)).member("vif_id", port.id).member("type", "ovs");
  w.member("mtu", port.mtu).member("ethernet_mac_address", port.mac_address).end_object();
}

struct OnSubnet {
  const neutron::PortFacts* port;
  const neutron::PortFacts::Address* address;
  const neutron::SubnetFacts* subnet;
};

void write_network(json::Writer& w, const OnSubnet& on, std::size_t number) {
  const auto& s = *on.subnet;
  const bool by_dhcp = s.ipv6_address_mode.empty() && s.enable_dhcp;
  w.begin_object().member("id", fmt::format("network{}", number));
  const std::string mode = s.ipv6_address_mode.empty() ? "" : "_" + s.ipv6_address_mode;
  w.member("type", fmt::format("ipv{}{}", s.ip_version, by_dhcp ? "_dhcp" : mode));
  w.member("link", link_of(*on.port));
  if (!by_dhcp) {
    w.member("ip_address", on.address->ip_address);
    w.member("netmask", split_cidr(s.cidr, s.ip_version).netmask);
    w.key("routes");
    write_routes(w, s);
  }
  w.member("network_id", on.port->network_id);
  if (!by_dhcp) {
    w.key("services");
    write_services(w, s.dns_nameservers);
  }
  w.end_object();
}

// As upstream: the first address of each IP version on each port.
std::vector<OnSubnet> described(const std::vector<neutron::PortFacts>& ports,
                                const Subnets& subnets) {
  std::vector<OnSubnet> found;
  for (const auto& port : ports) {
    for (const int version : {4, 6}) {
      for (const auto& a : port.addresses) {
        const auto subnet = subnets.find(a.subnet_id);
        if (a.version != version || subnet == subnets.end()) continue;
        found.push_back({&port, &a, &subnet->second});
        break;
      }
    }
  }
  return found;
}

}  // namespace

std::string network_data_json(const std::vector<neutron::PortFacts>& ports,
                              const Subnets& subnets) {
  const auto networks = described(ports, subnets);
  json::Writer w;
  w.begin_object();
  if (ports.empty()) return w.end_object().take();
  w.key("links").begin_array();
  for (const auto& port : ports) {
    if (!port.addresses.empty()) write_link(w, port);
  }
  w.end_array().key("networks").begin_array();
  std::vector<std::string> dns;
  for (std::size_t i = 0; i < networks.size(); ++i) {
    write_network(w, networks[i], i);
    for (const auto& server : networks[i].subnet->dns_nameservers) {
      if (std::find(dns.begin(), dns.end(), server) == dns.end()) dns.push_back(server);
    }
  }
  w.end_array().key("services");
  write_services(w, dns);
  return w.end_object().take();
}

}  // namespace haneul::nova
