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
#include "drivers/virt/driver.h"
#include "resource/table.h"
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

// The hosts whose drivers this process has, and the rows of all. Safe from any thread once all
// hosts are added.
class Hosts {
 public:
  struct Drivers {
    virt::Driver& virt;
    net::Driver& net;
  };
  Hosts(const resource::World& world, placement::Placement& placement);

  void add(const std::string& host, Drivers drivers);
  // Rows, inventories and traits as the drivers tell now. Called at start and every minute.
  void report();
  // Throws virt::Error if the host is not reachable from here.
  Drivers drivers(const std::string& host) const;
  std::vector<std::string> names() const;

  // All hosts by id, read when needed and kept until forget() or ten seconds.
  using Snapshot = std::map<std::string, ComputeHost, std::less<>>;
  std::shared_ptr<const Snapshot> all(db::Session& session) const;
  void forget();
  bool has_zone(db::Session& session, std::string_view zone) const;

  // Can a host take new guests or orders? `why` says what is wrong otherwise.
  bool is_up(const ComputeHost& host) const;
  const HostStore& store() const { return store_; }

 private:
  void record(const std::vector<virt::HostFacts>& told);

  const resource::World& world_;
  placement::Placement& placement_;
  HostStore store_;
  mutable std::mutex mutex_;
  std::map<std::string, Drivers> drivers_;
  mutable std::shared_ptr<const Snapshot> snapshot_;
  mutable Instant snapshot_at_;
};

json::Object facts_json(const virt::HostFacts& facts);

}  // namespace haneul::nova
