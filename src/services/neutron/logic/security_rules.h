#pragma once
#include <vector>

#include "services/neutron/attribute.h"
#include "services/neutron/security_group.h"

namespace haneul::neutron {

// upstream: openstack/neutron:neutron/extensions/securitygroup.py, neutron/db/securitygroups_db.py
Refusal protocol(json::Value& value);     // a known name, "0" to "255", or null for any
Refusal port_number(json::Value& value);  // 0 to 65535, or null
Refusal ethertype(json::Value& value);    // IPv4 or IPv6, any case
Refusal direction(json::Value& value);
Refusal remote_prefix(json::Value& value);  // with its length from here on
Refusal group_name(json::Value& value);     // anything but "default"

// Brings a rule into its canonical form and checks its parts against each other.
void check_rule(SecurityGroupRule& rule);
// Do both say the same? Names and numbers of protocols are the same.
bool is_same_rule(const SecurityGroupRule& a, const SecurityGroupRule& b);

}  // namespace haneul::neutron
