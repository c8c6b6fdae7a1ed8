#pragma once
#include <map>
#include <string>

#include "resource/service.h"
#include "services/nova/proxy.h"

namespace haneul::nova {

// What a user added to an image.
using ImageProperties = std::map<std::string, std::string>;
ImageProperties properties_of(const json::Value& image);
// Glance's image that the path names. Ends the request if it is not there for the caller.
json::Value find_image(resource::Call& call, const Proxy& glance);

// /images up to 2.35: Glance's images in Nova's old shape.
void add_image_routes(resource::Service& service, const Proxy& glance);

}  // namespace haneul::nova
