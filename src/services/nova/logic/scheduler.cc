#include "services/nova/logic/scheduler.h"

#include <algorithm>

namespace haneul::nova {
namespace {

using Keep = std::function<bool(const HostOption&)>;

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void filter(Choice& choice, std::string_view name, const Keep& keep) {
  const auto dropped = std::erase_if(choice.best, [&](const HostOption& h) { return !keep(h); });
  if (dropped > 0) choice.dropped.push_back({name, dropped});
}

double share(std::int64_t value, std::int64_t best) {
  return best > 0 ? static_cast<double>(value) / static_cast<double>(best) : 0.0;
}

std::int64_t servers_on(const GroupWish& group, const HostOption& h) {
  const auto found = group.servers_on.find(h.host);
  return found == group.servers_on.end() ? 0 : found->second;
}

void filter_group(Choice& choice, const GroupWish& group) {
  if (group.policy == "anti-affinity") {
    filter(choice, "ServerGroupAntiAffinityFilter",
           [&](const HostOption& h) { return servers_on(group, h) < group.servers_per_host_max; });
  } else if (group.policy == "affinity" && !group.servers_on.empty()) {
    filter(choice, "ServerGroupAffinityFilter",
           [&](const HostOption& h) { return servers_on(group, h) > 0; });
  }
}

// How much a soft group likes a host: -1 to 1, more than nothing else weighs on one host alone.
double liking(const std::optional<GroupWish>& group, const HostOption& h) {
  if (!group || !group->policy.starts_with("soft-")) return 0.0;
  std::int64_t most = 0;
  for (const auto& [host, count] : group->servers_on) most = std::max(most, count);
  const double part = share(servers_on(*group, h), most);
  return group->policy == "soft-affinity" ? part : -part;
}

}  // namespace

Choice choose_hosts(std::vector<HostOption> options, const Wish& wish,
                    const std::function<std::size_t(std::size_t)>& random_below) {
  Choice choice{std::move(options), {}};
  filter(choice, "ComputeFilter (disabled)", [](const HostOption& h) { return h.enabled; });
  filter(choice, "ComputeFilter (down)", [](const HostOption& h) { return h.up; });
  filter(choice, "ComputeFilter (its agent is not connected)",
         [](const HostOption& h) { return h.reachable; });
  filter(choice, "AvailabilityZoneFilter", [&](const HostOption& h) {
    return wish.availability_zone.empty() || h.availability_zone == wish.availability_zone;
  });
  filter(choice, "requested host",
         [&](const HostOption& h) { return wish.host.empty() || h.host == wish.host; });
  filter(choice, "DifferentHostFilter",
         [&](const HostOption& h) { return !contains(wish.not_on, h.host); });
  filter(choice, "SameHostFilter", [&](const HostOption& h) {
    return wish.only_on.empty() || contains(wish.only_on, h.host);
  });
  if (wish.group) filter_group(choice, *wish.group);
  auto& hosts = choice.best;
  for (std::size_t i = hosts.size(); i > 1; --i) std::swap(hosts[i - 1], hosts[random_below(i)]);
  HostOption most;
  for (const HostOption& h : hosts) {
    most.free_vcpus = std::max(most.free_vcpus, h.free_vcpus);
    most.free_ram_mib = std::max(most.free_ram_mib, h.free_ram_mib);
    most.free_disk_gib = std::max(most.free_disk_gib, h.free_disk_gib);
  }
  const auto weight = [&](const HostOption& h) {
    return share(h.free_ram_mib, most.free_ram_mib) + share(h.free_disk_gib, most.free_disk_gib) +
           share(h.free_vcpus, most.free_vcpus) + liking(wish.group, h);
  };
  std::stable_sort(hosts.begin(), hosts.end(),
                   [&](const HostOption& a, const HostOption& b) { return weight(a) > weight(b); });
  return choice;
}

}  // namespace haneul::nova
