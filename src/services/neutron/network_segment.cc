#include "services/neutron/network_segment.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/neutron/errors.h"
#include "services/neutron/subnet.h"

namespace haneul::neutron {
namespace {

constexpr std::int64_t kVniMax = (1 << 24) - 1, kVlanMax = 4094, kIpv6MtuMin = 1280,
                       kIpv4MtuMin = 68;

// The next tunnel id; when the last was given, the first that came free.
std::int64_t next_vni(db::Session& session) {
  const auto last =
      session.integer("SELECT MAX(segmentation_id) FROM networks WHERE network_type = 'geneve'");
  if (last.value_or(0) < kVniMax) return last.value_or(0) + 1;
  const auto gap = session.integer(
      "SELECT MIN(a.segmentation_id) + 1 FROM networks a WHERE a.network_type = 'geneve'"
      " AND NOT EXISTS (SELECT 1 FROM networks b WHERE b.network_type = 'geneve'"
      " AND b.segmentation_id = a.segmentation_id + 1)");
  if (gap && *gap <= kVniMax) return *gap;
  throw Fault::unavailable(
      "Unable to create the network. No project network is available for "
      "allocation.")
      .named("NoNetworkAvailable");
}

void check_physical(const Context& context, const Network& n) {
  const std::string_view type = n.network_type == "vlan" ? "VLAN" : "flat";
  if (!n.physical_network) {
    throw invalid_input(fmt::format("physical_network required for {} provider network", type));
  }
  const auto& known = context.options.physical_networks;
  if (std::find(known.begin(), known.end(), *n.physical_network) == known.end()) {
    throw invalid_input(fmt::format("physical_network '{}' unknown for {} provider network",
                                    *n.physical_network, type));
  }
}

bool segment_taken(db::Session& session, const Network& n) {
  return session
      .integer(
          "SELECT 1 FROM networks WHERE network_type = ? AND"
          " COALESCE(physical_network, '') = ? AND COALESCE(segmentation_id, 0) = ?",
          {n.network_type, n.physical_network.value_or(""), n.segmentation_id.value_or(0)})
      .has_value();
}

void choose_vlan(db::Session& session, Network& n) {
  if (n.segmentation_id) {
    if (*n.segmentation_id < 1 || *n.segmentation_id > kVlanMax) {
      throw invalid_input("segmentation_id out of range (1 through 4094)");
    }
    if (!segment_taken(session, n)) return;
    throw Fault::conflict(fmt::format("Unable to create the network. The VLAN {} on physical "
                                      "network {} is in use.",
                                      *n.segmentation_id, *n.physical_network))
        .named("VlanIdInUse");
  }
  for (n.segmentation_id = 1; *n.segmentation_id <= kVlanMax; ++*n.segmentation_id) {
    if (!segment_taken(session, n)) return;
  }
  throw Fault::unavailable(
      "Unable to create the network. No project network is available for "
      "allocation.")
      .named("NoNetworkAvailable");
}

void choose_tunnel(db::Session& session, Network& n) {
  if (n.physical_network) {
    throw invalid_input("provider:physical_network specified for geneve network");
  }
  if (!n.segmentation_id) {
    n.segmentation_id = next_vni(session);
    return;
  }
  if (*n.segmentation_id < 1 || *n.segmentation_id > kVniMax) {
    throw invalid_input(fmt::format("segmentation_id out of range (1 through {})", kVniMax));
  }
  if (segment_taken(session, n)) {
    throw Fault::conflict(fmt::format("Unable to create the network. The tunnel ID {} is in use.",
                                      *n.segmentation_id))
        .named("TunnelIdInUse");
  }
}

std::int64_t largest_mtu(const Context& context, const Network& n) {
  return context.options.mtu -
         (n.network_type == "geneve" ? context.options.tunnel_overhead_bytes : 0);
}

}  // namespace

void choose_segment(db::Session& session, const Context& context, Network& n) {
  if (n.network_type.empty()) {
    if (n.physical_network || n.segmentation_id) {
      throw invalid_input("network_type required");
    }
    n.network_type = "geneve";
  }
  if (n.network_type == "geneve") return choose_tunnel(session, n);
  if (n.network_type == "vlan") {
    check_physical(context, n);
    return choose_vlan(session, n);
  }
  if (n.network_type == "local") {
    if (n.physical_network || n.segmentation_id) {
      throw invalid_input("provider attributes specified for local network");
    }
    return;
  }
  if (n.network_type != "flat") {
    throw invalid_input(fmt::format("network_type value '{}' not supported", n.network_type));
  }
  check_physical(context, n);
  if (n.segmentation_id) {
    throw invalid_input("provider:segmentation_id specified for flat network");
  }
  if (segment_taken(session, n)) {
    throw Fault::conflict(fmt::format("Unable to create the flat network. Physical network {} is "
                                      "in use.",
                                      *n.physical_network))
        .named("FlatNetworkInUse");
  }
}

void check_mtu(db::Session& session, const Context& context, Network& n) {
  const std::int64_t largest = largest_mtu(context, n);
  if (n.mtu > largest) {
    throw invalid_input(fmt::format("Requested MTU is too big, maximum is {}", largest));
  }
  if (n.mtu == 0) n.mtu = largest;
  if (n.mtu >= kIpv6MtuMin) return;
  for (const auto& s : subnets_of(session, n.id)) {
    const std::int64_t needed = n.mtu < kIpv4MtuMin ? kIpv4MtuMin : kIpv6MtuMin;
    if (needed == kIpv6MtuMin && s.ip_version == 4) continue;
    throw Fault::conflict(
        fmt::format("MTU of {} is not valid, subnet requires a minimum of {}", n.id, needed))
        .named("NetworkMTUSubnetConflict");
  }
}

}  // namespace haneul::neutron
