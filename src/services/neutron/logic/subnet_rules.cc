#include "services/neutron/logic/subnet_rules.h"

#include <fmt/format.h>

#include "services/neutron/errors.h"

namespace haneul::neutron {
namespace {

void check_version(const Subnet& subnet, std::string_view text, std::string_view name) {
  const auto prefix = parse_prefix(text);
  if (prefix && prefix->address.version == subnet.ip_version) return;
  throw invalid_input(
      fmt::format("{} '{}' does not match the ip_version '{}'", name, text, subnet.ip_version));
}

void check_dhcp_fits(const Subnet& subnet, const Prefix& cidr) {
  const bool small = cidr.length > (subnet.ip_version == 4 ? 30 : 126);
  if (small) {
    throw invalid_input(
        "Subnet has a prefix length that is incompatible with DHCP service enabled");
  }
  if (cidr.is_multicast()) {
    throw invalid_input("Multicast IP subnet is not supported if enable_dhcp is True");
  }
  if (cidr.is_loopback()) {
    throw invalid_input("Loopback IP subnet is not supported if enable_dhcp is True");
  }
  if (subnet.ip_version == 4 && cidr.first().bits == 0) {
    throw invalid_input("First IP '0.0.0.0' of network is not supported if enable_dhcp is True.");
  }
}

void check_nameservers(const Subnet& subnet, const SubnetLimits& limits) {
  const auto servers = texts_of(subnet.dns_nameservers);
  if (static_cast<std::int64_t>(servers.size()) > limits.nameservers_max) {
    throw Fault::bad_request(fmt::format("Unable to complete operation for {}. The number of DNS "
                                         "nameservers exceeds the limit {}.",
                                         subnet.id, limits.nameservers_max))
        .named("DNSNameServersExhausted");
  }
  for (const auto& server : servers) check_version(subnet, server, "dns_nameserver");
}

void check_routes(const Subnet& subnet, const SubnetLimits& limits) {
  const auto routes = subnet.host_routes.value();
  if (static_cast<std::int64_t>(routes.array()->size()) > limits.host_routes_max) {
    throw Fault::bad_request(fmt::format("Unable to complete operation for {}. The number of host "
                                         "routes exceeds the limit {}.",
                                         subnet.id, limits.host_routes_max))
        .named("HostRoutesExhausted");
  }
  for (const auto& route : *routes.array()) {
    check_version(subnet, *route.at({"nexthop"})->text(), "nexthop");
    check_version(subnet, *route.at({"destination"})->text(), "destination");
  }
}

void check_modes(const Subnet& subnet, const Prefix& cidr, const Subnet* old) {
  const auto& ra = subnet.ipv6_ra_mode;
  const auto& address = subnet.ipv6_address_mode;
  if (subnet.ip_version == 4) {
    if (ra) throw invalid_input("ipv6_ra_mode is not valid when ip_version is 4");
    if (address) throw invalid_input("ipv6_address_mode is not valid when ip_version is 4");
    return;
  }
  if ((ra || address) && !subnet.enable_dhcp) {
    throw invalid_input(old ? "Cannot disable enable_dhcp with ipv6 attributes set"
                            : "ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is "
                              "set to False");
  }
  if (old) return;
  if (ra && address && *ra != *address) {
    throw invalid_input(
        fmt::format("ipv6_ra_mode set to '{}' with ipv6_address_mode set to '{}' is "
                    "not valid. If both attributes are set, they must be the same "
                    "value",
                    *ra, *address));
  }
  if (is_auto_addressed(subnet) && cidr.length != 64) {
    throw invalid_input(
        fmt::format("Invalid CIDR {} for IPv6 address mode. OpenStack uses the "
                    "EUI-64 address format, which requires the prefix to be /64",
                    subnet.cidr));
  }
}

std::string range_text(const Range& r) {
  return fmt::format("{}-{}", to_text(r.first), to_text(r.last));
}

}  // namespace

void check_subnet(const Subnet& subnet, const SubnetLimits& limits, const json::Object& given,
                  const Subnet* old) {
  check_version(subnet, subnet.cidr, "cidr");
  const Prefix cidr = *parse_prefix(subnet.cidr);
  if (cidr.length == 0) throw invalid_input("0 is not allowed as CIDR prefix length");
  if (subnet.ip_version == 6 && cidr.first().bits == 0) {
    throw invalid_input("IPv6 subnet '::' is not supported");
  }
  if (subnet.enable_dhcp && !(old && old->enable_dhcp)) check_dhcp_fits(subnet, cidr);
  if (given.has("gateway_ip") && subnet.gateway_ip) {
    check_version(subnet, *subnet.gateway_ip, "gateway_ip");
    if (is_bad_gateway(cidr, *parse_address(*subnet.gateway_ip))) {
      throw invalid_input("Gateway is not valid on subnet");
    }
  }
  if (given.has("dns_nameservers")) check_nameservers(subnet, limits);
  if (given.has("host_routes")) check_routes(subnet, limits);
  check_modes(subnet, cidr, old);
}

void check_pools(const Subnet& subnet) {
  const Prefix cidr = *parse_prefix(subnet.cidr);
  const bool whole = cidr.width() - cidr.length <= 1;
  Address first = cidr.first(), last = cidr.last();
  if (!whole || subnet.ip_version == 6) first = first.next();
  if (!whole && subnet.ip_version == 4) last.bits -= 1;
  const auto pools = pools_of(subnet);
  for (const Range& pool : pools) {
    if (pool.first.version != subnet.ip_version || pool.last.version != subnet.ip_version ||
        pool.last < pool.first) {
      throw Fault::bad_request(
          fmt::format("The allocation pool {} is not valid.", range_text(pool)))
          .named("InvalidAllocationPool");
    }
    if (pool.first >= first && pool.last <= last) continue;
    throw Fault::bad_request(fmt::format("The allocation pool {} spans beyond the subnet cidr {}.",
                                         range_text(pool), subnet.cidr))
        .named("OutOfBoundsAllocationPool");
  }
  for (std::size_t i = 0; i < pools.size(); ++i) {
    for (std::size_t k = i + 1; k < pools.size(); ++k) {
      if (pools[i].last < pools[k].first || pools[k].last < pools[i].first) continue;
      throw Fault::conflict(fmt::format("Found overlapping allocation pools: {} {} for subnet {}.",
                                        range_text(pools[i]), range_text(pools[k]), subnet.cidr))
          .named("OverlappingAllocationPools");
    }
  }
}

void check_gateway_outside_pools(const Subnet& subnet) {
  if (!subnet.gateway_ip) return;
  const Address gateway = *parse_address(*subnet.gateway_ip);
  for (const Range& pool : pools_of(subnet)) {
    if (!pool.contains(gateway)) continue;
    throw Fault::conflict(fmt::format("Gateway ip {} conflicts with allocation pool {}.",
                                      *subnet.gateway_ip, range_text(pool)))
        .named("GatewayConflictWithAllocationPools");
  }
}

void choose_gateway_and_pools(Subnet& subnet, const json::Object& given) {
  const Prefix cidr = *parse_prefix(subnet.cidr);
  if (!given.has("gateway_ip")) {
    const bool single = cidr.length == cidr.width();
    subnet.gateway_ip = to_text(single ? cidr.first() : cidr.first().next());
  }
  if (given.has("allocation_pools") && subnet.allocation_pools.text != "[]") {
    check_pools(subnet);
    check_gateway_outside_pools(subnet);
    return;
  }
  const auto gateway = subnet.gateway_ip ? parse_address(*subnet.gateway_ip) : std::nullopt;
  subnet.allocation_pools = pools_text(default_pools(cidr, gateway));
}

JsonText pools_text(const std::vector<Range>& pools) {
  json::Writer w;
  w.begin_array();
  for (const Range& pool : pools) {
    w.begin_object().member("start", to_text(pool.first)).member("end", to_text(pool.last));
    w.end_object();
  }
  w.end_array();
  return {w.take()};
}

}  // namespace haneul::neutron
