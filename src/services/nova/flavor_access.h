#pragma once
#include "services/nova/flavor.h"

namespace haneul::nova {

// Which projects may use a private flavor.
void add_flavor_access_routes(resource::Service& service, const FlavorStore& flavors);

}  // namespace haneul::nova
