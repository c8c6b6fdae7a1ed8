#pragma once
#include "resource/service.h"

namespace haneul::nova {

// What versions of the API there are: GET / and GET /v2.1/, without a token.
// upstream: openstack/nova:nova/api/openstack/compute/versions.py
void add_version_routes(resource::Service& service);

}  // namespace haneul::nova
