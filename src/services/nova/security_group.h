#pragma once
#include <string>
#include <string_view>

#include "resource/service.h"
#include "services/nova/proxy.h"

namespace haneul::nova {

// What Neutron knows of a group. Ends the request if it is not there or not the caller's.
json::Value find_security_group(resource::Call& call, const Proxy& neutron, std::string_view id);
// Neutron's path of one of a collection; ends the request for what is no UUID.
std::string neutron_path(std::string_view collection, std::string_view id);
// Refuses versions that no longer have these routes, and callers by the rule.
void begin_proxied(resource::Call& call, std::string_view rule);

// /os-security-groups, up to 2.35: Neutron's in Nova's old shape.
void add_security_group_routes(resource::Service& service, const Proxy& neutron);

}  // namespace haneul::nova
