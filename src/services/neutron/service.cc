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
#include "services/neutron/versions.h"

namespace haneul::neutron {

extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;

resource::Service make_service(const Options& options) {
  auto policy = access::Policy::make(kPolicies, {}, {.denial = "rule:{} is disallowed by policy"});
  if (!policy) throw std::logic_error(policy.reason());
  resource::Service service({.name = "neutron",
                             .type = "network",
                             .mount = "/networking",
                             .endpoint = "",
                             .description = "OpenStack Networking",
                             .mount_aliases = {},
                             .project_behind = "",
                             .ignores_trailing_slash = true},
                            std::make_unique<Dialect>(), std::move(*policy));
  service.migrations({kMigrations, kMigrationsCount});
  service.limits(quota_limits(options.quotas));
  return service;
}

void add_resources(resource::Service& service, const Context& context) {
  add_version_routes(service);
  add_extension_routes(service);
  for (const Noun& noun :
       {network_noun(context), subnet_noun(context), port_noun(context), router_noun(context),
        floatingip_noun(context), security_group_noun(context), subnetpool_noun(context)}) {
    add_tag_routes(service, noun);
    service.noun(noun);
  }
  service.noun(security_group_rule_noun(context));
  service.noun(address_scope_noun(context));
  service.noun(rbac_policy_noun(context));
  add_router_actions(service, context);
  add_quota_routes(service, context);
  add_ip_availability_routes(service, context);
  add_agent_routes(service, context);
}

}  // namespace haneul::neutron
