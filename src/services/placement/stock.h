#pragma once
#include <map>
#include <string>
#include <vector>

#include "services/placement/placement.h"

namespace haneul::placement {

// One class's inventories by the provider's place: one walk along an index.
std::map<std::int32_t, Stock> stock_of_class(db::Session& session, const Topology& topology,
                                             const std::string& resource_class);
// Everything that providers have. `providers_hint`: how many are of interest.
std::map<std::int32_t, std::vector<Stock>> all_stock(db::Session& session, const Topology& topology,
                                                     std::size_t providers_hint);

// Providers that have all of it, see Placement::candidates. `start` is the place to begin behind.
Candidates find_candidates(db::Session& session, std::shared_ptr<const Topology> topology,
                           const Request& request, std::size_t start);

}  // namespace haneul::placement
