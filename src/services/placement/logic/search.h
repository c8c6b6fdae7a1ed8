#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "services/placement/logic/group.h"
#include "services/placement/placement.h"

namespace haneul::placement {

// What a search looks at: the topology and the inventories of every requested class, by the
// provider's place.
struct Landscape {
  const Topology& topology;
  std::map<std::string, std::map<std::int32_t, Stock>> stock;  // by class
};

// One way to satisfy the whole request.
struct Offer {
  struct Share {
    std::int32_t provider;
    std::string resource_class;
    std::int64_t amount;
    auto operator<=>(const Share&) const = default;
  };
  std::int32_t anchor = -1;   // root of the tree that it hangs on
  std::vector<Share> shares;  // sorted, one per provider and class
  std::map<std::string, std::vector<std::int32_t>> mappings;  // suffix → providers, sorted

  bool operator==(const Offer& o) const { return shares == o.shares && mappings == o.mappings; }
};

struct SearchLimits {
  std::size_t offers_max = 100'000;
  std::size_t steps_max = 2'000'000;  // combinations looked at
};

// All offers in an order that depends on nothing but the input; cut at the limits. Without
// `nested_aware` those that use two providers of one tree are left out.
// upstream: openstack/placement:placement/objects/allocation_candidate.py, research_context.py
std::vector<Offer> search(const Landscape& land, const WholeRequest& whole, bool nested_aware,
                          const SearchLimits& limits = {});

}  // namespace haneul::placement
