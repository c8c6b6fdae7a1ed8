#pragma once
#include "services/nova/flavor.h"

namespace haneul::nova {

// /flavors/{id}/os-extra_specs: a small map in the flavor's row.
void add_flavor_extra_spec_routes(resource::Service& service, const FlavorStore& flavors);

}  // namespace haneul::nova
