#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "db/fwd.h"
#include "resource/world.h"
#include "services/placement/topology.h"

namespace haneul::resource {
class Service;
}

namespace haneul::placement {

struct Stock {
  std::string resource_class;  // "VCPU"
  std::int64_t total = 0, reserved = 0, used = 0;
  std::int64_t min_unit = 1, max_unit = 2'147'483'647, step_size = 1;
  double allocation_ratio = 1.0;

  // As upstream's Inventory.capacity: cut to whole units. Ratios may be of either sign and up to
  // 1e38.
  std::int64_t capacity() const {
    const double units = static_cast<double>(total - reserved) * allocation_ratio;
    return static_cast<std::int64_t>(std::clamp(units, -9e18, 9e18));
  }
  // Could `amount` more be taken?
  bool fits(std::int64_t amount) const {
    return static_cast<double>(used + amount) <=
               static_cast<double>(total - reserved) * allocation_ratio &&
           min_unit <= amount && amount <= max_unit && amount % step_size == 0;
  }
};

using Resources = std::vector<std::pair<std::string, std::int64_t>>;  // class, amount

struct Request {
  Resources resources;
  std::vector<std::string> required;   // traits
  std::vector<std::string> forbidden;  // traits
  std::size_t limit = 1000;
};

// A provider that could take the request now.
struct Candidate {
  const Provider* provider = nullptr;
  std::vector<Stock> stock;  // of the requested classes, in the request's order
};

struct Candidates {
  std::vector<Candidate> found;
  // Why others are not among them, for "no host: 12 without MEMORY_MB".
  std::size_t providers = 0;  // all there are, where the search was not cut by the limit
  std::size_t without_traits = 0;
  std::vector<std::size_t> without;          // by requested class: has none or not enough of it
  std::shared_ptr<const Topology> topology;  // keeps the providers alive
};

// A host for filters and weighers: everything it has.
struct HostState {
  const Provider* provider = nullptr;
  std::vector<Stock> stock;
};
struct HostStates {
  std::vector<HostState> hosts;  // by uuid
  std::shared_ptr<const Topology> topology;
};

struct Consumer {
  std::string uuid, project_id, user_id;
  std::string type = "INSTANCE";
};

struct Allocation {
  std::string provider_uuid, resource_class;
  std::int64_t used = 0;
};

// Inventories of resources and who has taken what of them: the Placement API, and the same for
// other services within their transactions. Any thread.
class Placement {
 public:
  explicit Placement(const resource::World& world);
  ~Placement();
  Placement(const Placement&) = delete;
  Placement& operator=(const Placement&) = delete;

  // Build once, keep as long as the program.
  const resource::Service& service() const;

  // The provider, its inventories and traits are as given afterwards; what is so already costs no
  // write. Classes and CUSTOM_ traits come to be; CUSTOM_ traits that it has stay. Inventories that
  // are in use stay, with nothing free. Returns the uuid: the given one, or the one the name has,
  // or a new one.
  std::string put_provider(db::Transaction& tx, const std::string& uuid, const std::string& name,
                           const std::vector<Stock>& inventories,
                           const std::vector<std::string>& traits);
  // False while something is allocated on it.
  bool remove_provider(db::Transaction& tx, std::string_view uuid);

  // Single providers (no trees) that have all of it, in the order of their uuids starting behind
  // a random one, so that schedulers side by side do not all begin with the same host.
  Candidates candidates(db::Session& session, const Request& request);
  HostStates host_states(db::Session& session);
  std::vector<Stock> stock_of(db::Session& session, std::string_view provider_uuid);

  // Adds to what the consumer has. False, and nothing changed, if the provider has not enough
  // left, has no such inventory, or the consumer has that class there already.
  bool claim(db::Transaction& tx, const Consumer& consumer, std::string_view provider_uuid,
             const Resources& resources);
  // Gives back all that the consumer has; none is fine.
  void release(db::Transaction& tx, std::string_view consumer_uuid);
  // What `from` has is `to`'s afterwards; `to` must have nothing (a migration's consumer).
  void hand_over(db::Transaction& tx, std::string_view from, const Consumer& to);
  std::vector<Allocation> allocations_of(db::Session& session, std::string_view consumer_uuid);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace haneul::placement
