#pragma once
#include "resource/service.h"
#include "services/nova/proxy.h"

namespace haneul::nova {

// /images up to 2.35 and /images/{id}/metadata up to 2.38: Glance's images in Nova's old shape.
void add_image_routes(resource::Service& service, const Proxy& glance);

}  // namespace haneul::nova
