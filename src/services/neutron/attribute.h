#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"
#include "resource/field.h"

namespace haneul::neutron {

// Ends "Invalid input for <name>. Reason: …."
using resource::Refusal;

// neutron-lib's validators and converters, in their words: the checks of fields.
// upstream: openstack/neutron-lib:neutron_lib/api/validators/__init__.py, converters.py
Refusal check_text(const json::Value& value, std::size_t chars_max);
Refusal check_uuid(const json::Value& value);
Refusal check_address(const json::Value& value);
// Throw InvalidInput: upstream converts before it validates.
bool to_boolean(const json::Value& value);
std::int64_t to_integer(const json::Value& value);

Refusal uuid(json::Value& value);
Refusal uuid_or_null(json::Value& value);
Refusal uuid_list(json::Value& value);        // null is an empty list
Refusal mac_address(json::Value& value);      // canonical from here on
Refusal address_or_null(json::Value& value);  // canonical
Refusal cidr(json::Value& value);
Refusal cidr_or_null(json::Value& value);
Refusal ip_version(json::Value& value);  // 4 or 6
Refusal allocation_pools(json::Value& value);
Refusal nameservers(json::Value& value);    // null is an empty list
Refusal host_routes(json::Value& value);    // null is an empty list
Refusal fixed_ips(json::Value& value);      // null is an empty list
Refusal address_pairs(json::Value& value);  // null is an empty list
Refusal text_list(json::Value& value);
Refusal tags(json::Value& value);
Refusal object_or_null(json::Value& value);
Refusal ipv6_mode(json::Value& value);
Refusal dns_label(json::Value& value);  // a host name without dots, lower case
Refusal dns_domain(json::Value& value);
Refusal extra_dhcp_options(json::Value& value);
Refusal boolean_or_null(json::Value& value);
Refusal integer_or_null(json::Value& value);
Refusal mtu(json::Value& value);

}  // namespace haneul::neutron
