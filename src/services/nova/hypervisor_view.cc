#include "services/nova/hypervisor_view.h"

#include <cmath>

#include <fmt/format.h>
#include <sys/sysinfo.h>

namespace haneul::nova {
namespace {

std::int64_t fact(const ComputeHost& host, std::string_view name) {
  const json::Value* value = host.facts.find(name);
  return value && value->integer() ? *value->integer() : 0;
}

}  // namespace

HostLoads loads_of(db::Session& session, const std::vector<ComputeHost>& hosts) {
  std::vector<std::string> names;
  for (const ComputeHost& h : hosts) names.push_back(h.host);
  const auto where = resource::Where().in("host", names);
  std::vector<db::Bind> binds;
  where.append_binds(binds);
  db::Rows rows = session.query(
      fmt::format("SELECT host, COUNT(*), SUM(vcpus), SUM(ram), SUM(disk), COUNT(task_state)"
                  " FROM servers WHERE {} GROUP BY host",
                  where.sql()),
      binds);
  HostLoads loads;
  while (rows.next()) {
    loads[rows.string(0)] = {rows.integer(1), rows.integer(2), rows.integer(3), rows.integer(4),
                             rows.integer(5)};
  }
  return loads;
}

HostFigures figures_of(const ComputeHost& host, const HostLoad& load, const Settings& settings) {
  const std::int64_t memory = fact(host, "memory_mib"), disk = fact(host, "disk_gib");
  const std::int64_t memory_used =
      std::min(memory, settings.reserved_host_memory_mib) + load.ram_mib;
  return {.vcpus = fact(host, "vcpus"),
          .memory_mb = memory,
          .local_gb = disk,
          .vcpus_used = load.vcpus,
          .memory_mb_used = memory_used,
          .local_gb_used = load.disk_gib,
          .free_ram_mb = memory - memory_used,
          .free_disk_gb = disk - load.disk_gib,
          .current_workload = load.working,
          .running_vms = load.servers,
          .disk_available_least = fact(host, "disk_free_gib")};
}

void add_figures(HostFigures& sum, const HostFigures& f) {
  for (std::int64_t HostFigures::*m :
       {&HostFigures::vcpus, &HostFigures::memory_mb, &HostFigures::local_gb,
        &HostFigures::vcpus_used, &HostFigures::memory_mb_used, &HostFigures::local_gb_used,
        &HostFigures::free_ram_mb, &HostFigures::free_disk_gb, &HostFigures::current_workload,
        &HostFigures::running_vms, &HostFigures::disk_available_least}) {
    sum.*m += f.*m;
  }
}

void write_figures(json::Writer& w, const HostFigures& f) {
  w.member("vcpus", f.vcpus).member("memory_mb", f.memory_mb).member("local_gb", f.local_gb);
  w.member("vcpus_used", f.vcpus_used).member("memory_mb_used", f.memory_mb_used);
  w.member("local_gb_used", f.local_gb_used).member("free_ram_mb", f.free_ram_mb);
  w.member("free_disk_gb", f.free_disk_gb).member("current_workload", f.current_workload);
  w.member("running_vms", f.running_vms).member("disk_available_least", f.disk_available_least);
}

std::string uptime_line(Instant now) {
  struct sysinfo info {};
  if (::sysinfo(&info) != 0) return {};
  const std::string time = iso_seconds(now).substr(11, 8);
  const long minutes = info.uptime / 60, days = minutes / 1440;
  std::string up = days > 0 ? fmt::format("{} day{}, ", days, days == 1 ? "" : "s") : "";
  up += minutes % 1440 >= 60 ? fmt::format("{:2}:{:02}", minutes % 1440 / 60, minutes % 60)
                             : fmt::format("{} min", minutes % 60);
  const auto load = [&](int i) {
    return static_cast<double>(info.loads[i]) / static_cast<double>(1 << SI_LOAD_SHIFT);
  };
  return fmt::format(" {} up {},  0 users,  load average: {:.2f}, {:.2f}, {:.2f}", time, up,
                     load(0), load(1), load(2));
}

}  // namespace haneul::nova
