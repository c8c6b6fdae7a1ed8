#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "db/fwd.h"

namespace haneul::placement {

// A provider without what changes all the time (generation, usage).
struct Provider {
  std::string uuid, name;
  std::int32_t parent = -1;  // places in Topology::providers
  std::int32_t root = -1;
  std::vector<std::string> traits;      // sorted
  std::vector<std::string> aggregates;  // sorted

  bool has_trait(std::string_view trait) const;
  bool in_aggregate(std::string_view aggregate_uuid) const;
};

// All providers at one moment. Immutable.
struct Topology {
  std::string epoch;
  std::vector<Provider> providers;  // by uuid
  std::unordered_map<std::string, std::vector<std::int32_t>> by_aggregate;
  std::vector<std::int32_t> sharing;  // those with MISC_SHARES_VIA_AGGREGATE
  bool has_trees = false;

  // -1 if there is none.
  std::int32_t place_of(std::string_view uuid) const;
  const Provider* find(std::string_view uuid) const;
};

// Keeps the last topology read; whether it is still true costs one row. Any thread.
class TopologyCache {
 public:
  std::shared_ptr<const Topology> get(db::Session& session);
  // To be called in every transaction that changes providers, their traits or aggregates.
  static void touch(db::Transaction& tx);

 private:
  std::mutex mutex_;
  std::shared_ptr<const Topology> kept_;
};

}  // namespace haneul::placement
