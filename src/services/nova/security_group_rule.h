#pragma once
#include "json/writer.h"
#include "resource/service.h"
#include "services/nova/proxy.h"

namespace haneul::nova {

// The ingress rules of one of Neutron's groups, in Nova's words.
void write_security_group_rules(json::Writer& w, resource::Call& call, const Proxy& neutron,
                                const json::Value& group);

// /os-security-group-rules, up to 2.35.
void add_security_group_rule_routes(resource::Service& service, const Proxy& neutron);

}  // namespace haneul::nova
