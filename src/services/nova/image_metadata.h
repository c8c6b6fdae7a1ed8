#pragma once
#include "resource/service.h"
#include "services/nova/proxy.h"

namespace haneul::nova {

// /images/{id}/metadata, up to 2.38: the properties of Glance's image.
void add_image_metadata_routes(resource::Service& service, const Proxy& glance);

}  // namespace haneul::nova
