#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace haneul::nova {

// A host that has room, as filters and weighers see it.
struct HostOption {
  std::string id, host, availability_zone;
  bool enabled = true, up = true;
  bool reachable = true;  // its driver is here, or its agent is connected
  std::int64_t free_vcpus = 0, free_ram_mib = 0, free_disk_gib = 0;
};

// What a server group asks of the host of its next server.
struct GroupWish {
  std::string policy;  // affinity, anti-affinity, soft-affinity, soft-anti-affinity
  std::int64_t servers_per_host_max = 1;           // of anti-affinity
  std::map<std::string, std::int64_t> servers_on;  // members by host, those without left out
};

struct Wish {
  std::string availability_zone;     // empty: any
  std::string host;                  // empty: any
  std::vector<std::string> not_on;   // hosts to avoid (different_host hint)
  std::vector<std::string> only_on;  // hosts to be on (same_host hint); empty: any
  std::optional<GroupWish> group;
};

// A filter's name as operators know it from upstream, and how many hosts it dropped.
struct Dropped {
  std::string_view filter;
  std::size_t hosts;
};

struct Choice {
  std::vector<HostOption> best;  // best first
  std::vector<Dropped> dropped;  // filters that dropped something, in order
};

// Filters, then orders by weight: most free memory, disk and processors, each as its share of the
// best host's, as upstream's default weighers do; a soft group's hosts come first or last by how
// many of its servers they have. Hosts that weigh the same stand in random order.
// upstream: openstack/nova:nova/scheduler/filters, nova/scheduler/weights
Choice choose_hosts(std::vector<HostOption> options, const Wish& wish,
                    const std::function<std::size_t(std::size_t)>& random_below);

}  // namespace haneul::nova
