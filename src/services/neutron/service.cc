#include "access/policy.h"
#include "services/neutron/address_scope.h"
#include "services/neutron/agent.h"
#include "services/neutron/dialect.h"
#include "services/neutron/extension.h"
#include "services/neutron/floatingip.h"
#include "services/neutron/network.h"
#include "services/neutron/network_ip_availability.h"
#include "services/neutron/neutron_impl.h"
#include "services/neutron/policies.h"
#include "services/neutron/port.h"
#include "services/neutron/quota.h"
#include "services/neutron/rbac_policy.h"
#include "services/neutron/router.h"
#include "services/neutron/security_group.h"
#include "services/neutron/subnet.h"
#include "services/neutron/subnetpool.h"
#include "services/neutron/tag.h"
#include "services/neutron/verbs.h"
#include "services/neutron/versions.h"

namespace haneul::neutron {

extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;

resource::Service make_service() {
  auto policy = access::Policy::make(kPolicies, {}, {.denial = "rule:{} is disallowed by policy"});
  if (!policy) throw std::logic_error(policy.reason());
  resource::Service service({.name = "neutron",
                             .type = "network",
                             .mount = "/networking",
                             .endpoint = "",
                             .description = "OpenStack Networking"},
                            std::make_unique<Dialect>(), std::move(*policy));
  service.migrations({kMigrations, kMigrationsCount});
  service.limits(quota_limits());
  return service;
}

void add_resources(resource::Service& service, const Context& context) {
  add_version_routes(service);
  add_extension_routes(service);
  for (const auto make :
       {network_collection, subnet_collection, port_collection, router_collection,
        floatingip_collection, security_group_collection, subnetpool_collection}) {
    add_tag_routes(service, context, make(context));
    add_verbs(service, make(context));
  }
  add_verbs(service, security_group_rule_collection(context));
  add_verbs(service, address_scope_collection(context));
  add_verbs(service, rbac_policy_collection(context));
  add_router_actions(service, context);
  add_quota_routes(service, context);
  add_ip_availability_routes(service, context);
  add_agent_routes(service, context);
}

}  // namespace haneul::neutron
