#pragma once
#include <map>
#include <string>
#include <vector>

#include "services/nova/cloud.h"

namespace haneul::nova {

// What the servers on one host take of it.
struct HostLoad {
  std::int64_t servers = 0, vcpus = 0, ram_mib = 0, disk_gib = 0, working = 0;
};
using HostLoads = std::map<std::string, HostLoad, std::less<>>;  // by host name
HostLoads loads_of(db::Session& session, const std::vector<ComputeHost>& hosts);

// The numbers that answers before 2.88 give of one host.
struct HostFigures {
  std::int64_t vcpus, memory_mb, local_gb, vcpus_used, memory_mb_used, local_gb_used, free_ram_mb,
      free_disk_gb, current_workload, running_vms, disk_available_least;
};
HostFigures figures_of(const ComputeHost& host, const HostLoad& load, const Settings& settings);
void add_figures(HostFigures& sum, const HostFigures& figures);
void write_figures(json::Writer& w, const HostFigures& figures);

// What uptime(1) prints on this machine.
// upstream: openstack/nova:nova/virt/libvirt/driver.py (get_host_uptime)
std::string uptime_line(Instant now);

}  // namespace haneul::nova
