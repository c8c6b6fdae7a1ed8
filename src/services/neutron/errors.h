#pragma once
#include <string_view>

#include "base/fault.h"
#include "json/value.h"

namespace haneul::neutron {

// Failures that more than one noun has, under their upstream class names and in their words.
// upstream: openstack/neutron-lib:neutron_lib/exceptions/__init__.py, l3.py
Fault invalid_input(std::string_view why);                           // InvalidInput
Fault bad_request(std::string_view resource, std::string_view why);  // BadRequest
Fault http_bad_request(std::string_view message);                    // webob's HTTPBadRequest
Fault hidden();  // HTTPNotFound: not yours to know of
Fault network_not_found(std::string_view id);
Fault subnet_not_found(std::string_view id);
Fault port_not_found(std::string_view id);
Fault router_not_found(std::string_view id);
Fault security_group_not_found(std::string_view id);
Fault ip_in_use(std::string_view network_id, std::string_view address);
Fault no_more_addresses(std::string_view network_id);

// A value as Python's str() shows it inside a message.
std::string shown(const json::Value& value);

}  // namespace haneul::neutron
