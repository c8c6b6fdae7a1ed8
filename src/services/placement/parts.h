#pragma once
#include "resource/call.h"
#include "resource/world.h"
#include "services/placement/dialect.h"
#include "services/placement/placement.h"

namespace haneul::placement {

// What the handlers work with.
struct Parts {
  const resource::World& world;
  TopologyCache topology;
};

using Handle = http::Response (*)(resource::Call&, Parts&);

// Behind which versions and headers a route stands.
struct Gate {
  std::string_view policy;
  bool takes_json = false;  // the request must be application/json
  bool gives_json = false;  // the client must accept application/json
  int since = 0;            // minor version; before it there is no such thing
  bool wrong_method_before = false;  // … and that is said with 405 instead of 404
};

// resource_provider.cc
http::Response create_provider(resource::Call&, Parts&);
http::Response list_providers(resource::Call&, Parts&);
http::Response show_provider(resource::Call&, Parts&);
http::Response update_provider(resource::Call&, Parts&);
http::Response remove_provider(resource::Call&, Parts&);
// inventory.cc
http::Response list_inventories(resource::Call&, Parts&);
http::Response create_inventory(resource::Call&, Parts&);
http::Response set_inventories(resource::Call&, Parts&);
http::Response remove_inventories(resource::Call&, Parts&);
http::Response show_inventory(resource::Call&, Parts&);
http::Response update_one_inventory(resource::Call&, Parts&);
http::Response remove_inventory(resource::Call&, Parts&);
// aggregate.cc
http::Response show_aggregates(resource::Call&, Parts&);
http::Response set_provider_aggregates(resource::Call&, Parts&);
// trait.cc
http::Response list_traits(resource::Call&, Parts&);
http::Response show_trait(resource::Call&, Parts&);
http::Response put_trait(resource::Call&, Parts&);
http::Response remove_trait(resource::Call&, Parts&);
http::Response list_provider_traits(resource::Call&, Parts&);
http::Response set_provider_traits(resource::Call&, Parts&);
http::Response remove_provider_traits(resource::Call&, Parts&);
// resource_class.cc
http::Response list_classes(resource::Call&, Parts&);
http::Response create_class(resource::Call&, Parts&);
http::Response show_class(resource::Call&, Parts&);
http::Response put_class(resource::Call&, Parts&);
http::Response remove_class(resource::Call&, Parts&);
// usage.cc
http::Response show_provider_usages(resource::Call&, Parts&);
http::Response show_usages(resource::Call&, Parts&);
// allocation.cc
http::Response show_allocations(resource::Call&, Parts&);
http::Response put_allocations(resource::Call&, Parts&);
http::Response post_allocations(resource::Call&, Parts&);
http::Response remove_allocations(resource::Call&, Parts&);
http::Response show_provider_allocations(resource::Call&, Parts&);
// allocation_candidate.cc
http::Response list_allocation_candidates(resource::Call&, Parts&);
// reshaper.cc
http::Response reshape(resource::Call&, Parts&);

}  // namespace haneul::placement
