#pragma once
#include <string>
#include <string_view>

#include "json/value.h"

namespace haneul::keystone {

// Versions of the language of mappings that are understood: "1.0", and "2.0" whose projects and
// users have domains.
bool is_mapping_schema(std::string_view version);

// What is wrong with a mapping's rules, a line for each, as jsonschema says it; empty if nothing.
// upstream: openstack/keystone:keystone/federation/utils.py
std::string mapping_problems(const json::Value& rules, std::string_view version);

}  // namespace haneul::keystone
