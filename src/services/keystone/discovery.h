#pragma once
#include "resource/service.h"

namespace haneul::keystone {

// GET / and GET /v3: which versions there are.
void add_discovery(resource::Service& service);

}  // namespace haneul::keystone
