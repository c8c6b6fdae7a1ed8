#pragma once
#include <string>
#include <string_view>

#include "json/value.h"

namespace haneul::glance {

// What one key of an image's body may hold. upstream: openstack/glance:glance/api/v2/images.py
// get_base_properties. Throws Fault::bad_request("Provided object does not match schema 'image':
// …"). Keys that are no base property must be text.
void check_schema(std::string_view key, const json::Value& value);

// Throws Fault::forbidden("Attribute 'x' is read-only.") or "… is reserved.".
void check_creatable(std::string_view key);
void check_changeable(std::string_view key);

bool is_base_property(std::string_view key);

}  // namespace haneul::glance
