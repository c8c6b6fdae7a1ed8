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

constexpr Duration kSnapshotKept = std::chrono::seconds(10);
constexpr std::size_t kReportedAtOnce = 100;  // hosts in one transaction

std::vector<placement::Stock> stock_of(const virt::HostFacts& f, const Settings& settings) {
  placement::Stock cpu{.resource_class = "VCPU",
                       .total = f.vcpus,
                       .allocation_ratio = settings.cpu_allocation_ratio};
  cpu.max_unit = f.vcpus;
  placement::Stock memory{.resource_class = "MEMORY_MB",
                          .total = f.memory_mib,
                          .allocation_ratio = settings.ram_allocation_ratio};
  memory.reserved = std::min(settings.reserved_host_memory_mib, f.memory_mib / 4);
  memory.max_unit = f.memory_mib;
  placement::Stock disk{.resource_class = "DISK_GB",
                        .total = f.disk_gib,
                        .allocation_ratio = settings.disk_allocation_ratio};
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

Hosts::Hosts(const resource::World& world, placement::Placement& placement,
             const Settings& settings, remote::Fleet* fleet)
    : world_(world),
      placement_(placement),
      settings_(settings),
      fleet_(fleet),
      store_(kComputeHost) {}

void Hosts::add(const std::string& host, Drivers drivers) {
  const std::lock_guard lock(mutex_);
  drivers_.emplace(host, drivers);
}

std::vector<std::string> Hosts::names() const {
  std::vector<std::string> names;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, drivers] : drivers_) names.push_back(name);
  }
  if (!fleet_) return names;
  for (auto& name : fleet_->connected()) names.push_back(std::move(name));
  return names;
}

Hosts::Drivers Hosts::drivers(const std::string& host) const {
  {
    const std::lock_guard lock(mutex_);
    const auto found = drivers_.find(host);
    if (found != drivers_.end()) return found->second;
  }
  auto* remote = fleet_ ? fleet_->find(host) : nullptr;
  if (!remote) throw virt::Error(fmt::format("host {} is not connected", host));
  return {remote->virt, remote->net};
}

void Hosts::report(const std::string& host) {
  virt::HostFacts facts = drivers(host).virt.facts();
  facts.hostname = host;
  record({std::move(facts)});
  forget();
}

void Hosts::report_all() {
  std::vector<virt::HostFacts> told;
  for (const auto& host : names()) {
    try {
      told.push_back(drivers(host).virt.facts());
      told.back().hostname = host;
    } catch (const std::exception& e) {
      log::warning("a host could not be reported", {{"host", host}, {"error", e.what()}});
    }
    if (told.size() < kReportedAtOnce) continue;
    record(told);
    told.clear();
  }
  if (!told.empty()) record(told);
  forget();
}

void Hosts::keep_seen(const std::string& host) {
  world_.db.write([&](db::Transaction& tx) {
    auto row = store_.first(tx, resource::Where().equals("host", host));
    if (!row) return;
    row->seen_at = seen_at(*row);
    store_.update(tx, *row);
  });
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
      placement_.put_provider(tx, row->id, facts.hostname, stock_of(facts, settings_), {});
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

bool Hosts::is_here(const std::string& host) const {
  const std::lock_guard lock(mutex_);
  return drivers_.contains(host);
}

bool Hosts::is_reachable(const std::string& host) const {
  if (is_here(host)) return true;
  const auto member = fleet_ ? fleet_->member(host) : std::nullopt;
  return member && member->connected &&
         world_.clock.now() - member->seen_at <= settings_.service_down_time;
}

Instant Hosts::seen_at(const ComputeHost& host) const {
  const auto member = fleet_ ? fleet_->member(host.host) : std::nullopt;
  return member ? std::max(member->seen_at, host.seen_at) : host.seen_at;
}

}  // namespace haneul::nova
