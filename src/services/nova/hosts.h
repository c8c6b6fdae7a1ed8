#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "drivers/net/driver.h"
#include "drivers/remote/fleet.h"
#include "drivers/virt/driver.h"
#include "resource/table.h"
#include "services/nova/settings.h"
#include "services/placement/placement.h"

namespace haneul::nova {

// A hypervisor host as the database knows it; its resource provider in Placement has the same id.
struct ComputeHost {
  std::string id;
  std::int64_t number = 0;  // what old microversions call id
  std::string host;
  std::string service_id;
  std::string availability_zone = "nova";
  bool disabled = false;
  std::optional<std::string> disabled_reason;
  bool forced_down = false;
  json::Object facts;  // virt::HostFacts, as last told
  Instant seen_at, created_at;
};

extern const resource::Resource kComputeHost;
using HostStore = resource::Store<ComputeHost>;

// The hosts whose drivers this process has, those that agents have, and the rows of all. Safe from
// any thread once all of this process are added.
class Hosts {
 public:
  struct Drivers {
    virt::Driver& virt;
    net::HostDriver& net;
  };
  // `settings` must outlive it; `fleet`: null if there are no agents.
  Hosts(const resource::World& world, placement::Placement& placement, const Settings& settings,
        remote::Fleet* fleet = nullptr);

  void add(const std::string& host, Drivers drivers);
  // Row, inventory and traits as the host's driver tells now.
  void report(const std::string& host);
  // The same for all that can be reached; those that fail are logged. Called every minute.
  void report_all();
  // Its agent is gone: the row keeps when it was last seen.
  void keep_seen(const std::string& host);
  // Throws virt::Error if the host was never reachable from here; one that is not reachable now
  // has drivers that throw.
  Drivers drivers(const std::string& host) const;
  std::vector<std::string> names() const;  // of those that can be reached
  remote::Fleet* fleet() const { return fleet_; }

  // All hosts by id, read when needed and kept until forget() or ten seconds.
  using Snapshot = std::map<std::string, ComputeHost, std::less<>>;
  std::shared_ptr<const Snapshot> all(db::Session& session) const;
  void forget();
  bool has_zone(db::Session& session, std::string_view zone) const;

  bool is_here(const std::string& host) const;  // its driver is in this process
  // Is its driver in this process, or its agent connected and heard of within service_down_time?
  bool is_reachable(const std::string& host) const;
  bool is_up(const ComputeHost& host) const { return !host.forced_down && is_reachable(host.host); }
  // The last sign of life: an agent's heartbeats are kept in memory, the row follows each minute.
  Instant seen_at(const ComputeHost& host) const;
  const Settings& settings() const { return settings_; }
  const HostStore& store() const { return store_; }

 private:
  void record(const std::vector<virt::HostFacts>& told);

  const resource::World& world_;
  placement::Placement& placement_;
  const Settings& settings_;
  remote::Fleet* const fleet_;
  HostStore store_;
  mutable std::mutex mutex_;
  std::map<std::string, Drivers> drivers_;
  mutable std::shared_ptr<const Snapshot> snapshot_;
  mutable Instant snapshot_at_;
};

json::Object facts_json(const virt::HostFacts& facts);

}  // namespace haneul::nova
