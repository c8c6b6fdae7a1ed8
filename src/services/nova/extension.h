#pragma once
#include "resource/service.h"

namespace haneul::nova {

// GET /extensions.
void add_extension_routes(resource::Service& service);

}  // namespace haneul::nova
