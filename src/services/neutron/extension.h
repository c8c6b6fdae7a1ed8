#pragma once
#include "resource/service.h"

namespace haneul::neutron {

// GET /v2.0/extensions and /v2.0/extensions/{alias}: what of upstream's extensions is there.
void add_extension_routes(resource::Service& service);

}  // namespace haneul::neutron
