#include "services/nova/settings.h"

namespace haneul::nova {
namespace {

using config::option;
using config::options;

constexpr auto kOptions = options(
    option<&Settings::cpu_allocation_ratio>("cpu_allocation_ratio")
        .range(0.01, 1000)
        .help("Virtual processors that a host's one may stand for."),
    option<&Settings::ram_allocation_ratio>("ram_allocation_ratio")
        .range(0.01, 1000)
        .help("The same of memory."),
    option<&Settings::disk_allocation_ratio>("disk_allocation_ratio")
        .range(0.01, 1000)
        .help("The same of disk."),
    option<&Settings::reserved_host_memory_mib>("reserved_host_memory_mb")
        .range(0, 1e9)
        .help("MiB of memory that guests never get; at most a quarter of the host's."),
    option<&Settings::service_down_time>("service_down_time")
        .range(1, 1e6)
        .help("Without a report for so long a host counts as down."),
    option<&Settings::report_interval>("report_interval")
        .range(1, 1e6)
        .help("How often hosts tell what they have."),
    option<&Settings::sync_power_state_interval>("sync_power_state_interval")
        .range(1, 1e6)
        .help("How often guests' power is compared with their rows."),
    option<&Settings::deleted_servers_kept>("deleted_servers_kept")
        .range(0, 1e8)
        .help("How long servers that are gone can be listed (`deleted`, `changes-since`)."));

constexpr auto kQuota =
    options(option<&QuotaSettings::instances>("instances").range(-1, 1e9),
            option<&QuotaSettings::cores>("cores").range(-1, 1e9),
            option<&QuotaSettings::ram_mib>("ram").range(-1, 1e9).help("MiB."),
            option<&QuotaSettings::metadata_items>("metadata_items").range(-1, 1e9),
            option<&QuotaSettings::key_pairs>("key_pairs").range(-1, 1e9),
            option<&QuotaSettings::server_groups>("server_groups").range(-1, 1e9),
            option<&QuotaSettings::server_group_members>("server_group_members").range(-1, 1e9));

}  // namespace

std::vector<config::Section> sections(Settings& values) {
  return {{"nova", kOptions, &values}, {"nova.quota", kQuota, &values.quota}};
}

}  // namespace haneul::nova
