#include "services/nova/hosts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"

namespace haneul::nova {
namespace {

using resource::field;

constexpr auto kFields = resource::fields(
    field<&ComputeHost::id>("id"), field<&ComputeHost::number>("number"),
    field<&ComputeHost::host>("host"), field<&ComputeHost::service_id>("service_id"),
    field<&ComputeHost::availability_zone>("availability_zone"),
    field<&ComputeHost::disabled>("disabled"),
    field<&ComputeHost::disabled_reason>("disabled_reason"),
    field<&ComputeHost::forced_down>("forced_down"), field<&ComputeHost::facts>("facts"),
    field<&ComputeHost::seen_at>("seen_at"), field<&ComputeHost::created_at>("created_at"));
static_assert(resource::complete<ComputeHost>(kFields));

// What upstream's defaults are for QEMU hosts.
// upstream: openstack/nova:nova/conf/compute.py (initial_*_allocation_ratio, reserved_host_*)
constexpr double kCpuRatio = 4.0, kRamRatio = 1.0, kDiskRatio = 1.0;
constexpr std::int64_t kReservedMemoryMib = 512;
constexpr Duration kSnapshotKept = std::chrono::seconds(10);
constexpr std::size_t kReportedAtOnce = 100;  // hosts in one transaction
constexpr Duration kDownAfter = std::chrono::minutes(3);

std::vector<placement::Stock> stock_of(const virt::HostFacts& f) {
  placement::Stock cpu{.resource_class = "VCPU", .total = f.vcpus, .allocation_ratio = kCpuRatio};
  cpu.max_unit = f.vcpus;
  placement::Stock memory{
      .resource_class = "MEMORY_MB", .total = f.memory_mib, .allocation_ratio = kRamRatio};
  memory.reserved = std::min(kReservedMemoryMib, f.memory_mib / 4);
  memory.max_unit = f.memory_mib;
  placement::Stock disk{
      .resource_class = "DISK_GB", .total = f.disk_gib, .allocation_ratio = kDiskRatio};
  disk.max_unit = f.disk_gib;
  std::vector<placement::Stock> all;
  for (auto& s : {cpu, memory, disk}) {
    if (s.total > 0) all.push_back(s);
  }
  return all;
}

}  // namespace

const resource::Resource kComputeHost{.singular = "compute_host",
                                      .plural = "compute_hosts",
                                      .scope = resource::Scope::cloud,
                                      .default_sort = "number",
                                      .fields = kFields};

json::Object facts_json(const virt::HostFacts& f) {
  json::Array features;
  for (const auto& name : f.cpu_features) features.emplace_back(name);
  return {{"vcpus", f.vcpus},
          {"memory_mib", f.memory_mib},
          {"memory_used_mib", f.memory_used_mib},
          {"disk_gib", f.disk_gib},
          {"disk_free_gib", f.disk_free_gib},
          {"hypervisor_type", f.hypervisor_type},
          {"hypervisor_version", f.hypervisor_version},
          {"host_ip", f.host_ip},
          {"kvm", f.kvm},
          {"cpu_info", json::Object{{"arch", f.cpu_arch},
                                    {"model", f.cpu_model},
                                    {"vendor", f.cpu_vendor},
                                    {"features", features},
                                    {"topology", json::Object{{"cells", 1},
                                                              {"sockets", f.cpu_sockets},
                                                              {"cores", f.cpu_cores},
                                                              {"threads", f.cpu_threads}}}}}};
}

Hosts::Hosts(const resource::World& world, placement::Placement& placement)
    : world_(world), placement_(placement), store_(kComputeHost) {}

void Hosts::add(const std::string& host, Drivers drivers) {
  const std::lock_guard lock(mutex_);
  drivers_.emplace(host, drivers);
}

std::vector<std::string> Hosts::names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, drivers] : drivers_) names.push_back(name);
  return names;
}

Hosts::Drivers Hosts::drivers(const std::string& host) const {
  const std::lock_guard lock(mutex_);
  const auto found = drivers_.find(host);
  if (found == drivers_.end()) {
    throw virt::Error(fmt::format("host {} is not connected", host));
  }
  return found->second;
}

void Hosts::report() {
  std::vector<virt::HostFacts> told;
  for (const auto& name : names()) {
    told.push_back(drivers(name).virt.facts());
    told.back().hostname = name;
    if (told.size() < kReportedAtOnce) continue;
    record(told);
    told.clear();
  }
  if (!told.empty()) record(told);
  forget();
}

void Hosts::record(const std::vector<virt::HostFacts>& told) {
  const Instant now = world_.clock.now();
  world_.db.write([&](db::Transaction& tx) {
    for (const virt::HostFacts& facts : told) {
      auto row = store_.first(tx, resource::Where().equals("host", facts.hostname));
      const bool fresh = !row;
      if (fresh) {
        row.emplace();
        row->id = new_uuid();
        row->service_id = new_uuid();
        row->host = facts.hostname;
        row->number = tx.integer("SELECT MAX(number) FROM compute_hosts").value_or(0) + 1;
        row->created_at = now;
      }
      row->facts = facts_json(facts);
      row->seen_at = now;
      fresh ? store_.insert(tx, *row) : void(store_.update(tx, *row));
      placement_.put_provider(tx, row->id, facts.hostname, stock_of(facts), {});
    }
  });
}

std::shared_ptr<const Hosts::Snapshot> Hosts::all(db::Session& session) const {
  {
    const std::lock_guard lock(mutex_);
    if (snapshot_ && world_.clock.now() - snapshot_at_ < kSnapshotKept) return snapshot_;
  }
  auto fresh = std::make_shared<Snapshot>();
  for (auto& row : store_.list(session, resource::Where())) {
    const std::string id = row.id;
    fresh->emplace(id, std::move(row));
  }
  const std::lock_guard lock(mutex_);
  snapshot_ = fresh;
  snapshot_at_ = world_.clock.now();
  return fresh;
}

void Hosts::forget() {
  const std::lock_guard lock(mutex_);
  snapshot_.reset();
}

bool Hosts::has_zone(db::Session& session, std::string_view zone) const {
  const auto hosts = all(session);
  return std::any_of(hosts->begin(), hosts->end(), [&](const auto& entry) {
    return !entry.second.disabled && entry.second.availability_zone == zone;
  });
}

bool Hosts::is_up(const ComputeHost& host) const {
  if (host.forced_down) return false;
  {
    const std::lock_guard lock(mutex_);
    if (drivers_.contains(host.host)) return true;
  }
  return world_.clock.now() - host.seen_at < kDownAfter;
}

}  // namespace haneul::nova
