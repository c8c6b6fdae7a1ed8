#pragma once
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "config/option.h"

namespace haneul::nova {

// What a project may have unless it has a limit of its own; -1 is no limit.
struct QuotaSettings {
  std::int64_t instances = 10, cores = 20, ram_mib = 51'200, metadata_items = 128;
  std::int64_t key_pairs = 100, server_groups = 10, server_group_members = 10;
};

// What an operator may set. Defaults are upstream's for QEMU hosts.
// upstream: openstack/nova:nova/conf/compute.py, quota.py
struct Settings {
  double cpu_allocation_ratio = 4.0, ram_allocation_ratio = 1.0, disk_allocation_ratio = 1.0;
  std::int64_t reserved_host_memory_mib = 512;
  Duration service_down_time = std::chrono::minutes(3);
  Duration report_interval = std::chrono::seconds(60);
  Duration sync_power_state_interval = std::chrono::minutes(10);
  Duration deleted_servers_kept = std::chrono::hours(24 * 7);
  QuotaSettings quota;
};

std::vector<config::Section> sections(Settings& values);

}  // namespace haneul::nova
