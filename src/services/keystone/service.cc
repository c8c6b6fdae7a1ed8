#include "services/keystone/service.h"

#include <stdexcept>

#include "services/keystone/auth.h"
#include "services/keystone/catalog_service.h"
#include "services/keystone/consumer.h"
#include "services/keystone/credential.h"
#include "services/keystone/dialect.h"
#include "services/keystone/discovery.h"
#include "services/keystone/domain.h"
#include "services/keystone/domain_config.h"
#include "services/keystone/ec2_credential.h"
#include "services/keystone/ec2_token.h"
#include "services/keystone/endpoint.h"
#include "services/keystone/endpoint_filter.h"
#include "services/keystone/endpoint_group.h"
#include "services/keystone/endpoint_policy.h"
#include "services/keystone/federated_user.h"
#include "services/keystone/federation.h"
#include "services/keystone/grant.h"
#include "services/keystone/identity_provider.h"
#include "services/keystone/implied_role.h"
#include "services/keystone/limit.h"
#include "services/keystone/mapping.h"
#include "services/keystone/oauth2_token.h"
#include "services/keystone/oauth_access_token.h"
#include "services/keystone/oauth_request_token.h"
#include "services/keystone/policies.h"
#include "services/keystone/policy.h"
#include "services/keystone/protocol.h"
#include "services/keystone/region.h"
#include "services/keystone/registered_limit.h"
#include "services/keystone/revocation_event.h"
#include "services/keystone/role_assignment.h"
#include "services/keystone/s3_token.h"
#include "services/keystone/saml.h"
#include "services/keystone/saml_login.h"
#include "services/keystone/service_provider.h"
#include "services/keystone/state.h"
#include "services/keystone/trust.h"

namespace haneul::keystone {

extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;

namespace {

access::Policy make_policy() {
  auto policy = access::Policy::make(kPolicies);
  if (!policy) throw std::logic_error("Keystone's policies: " + policy.reason());
  return std::move(*policy);
}

void forget_old_revocations(State& state) {
  const auto lifetime = state.options.token_lifetime + state.options.expired_window;
  state.revocations.prune(state.world.db, state.now() - lifetime - std::chrono::hours(1));
}

}  // namespace

resource::Service make_service(State& state, Tokens& tokens) {
  resource::Service service({.name = "keystone",
                             .type = "identity",
                             .mount = "/identity",
                             .endpoint = "",
                             .description = "OpenStack Identity Service",
                             .mount_aliases = {""},
                             .project_behind = "",
                             .ignores_trailing_slash = true},
                            std::make_unique<KeystoneDialect>(), make_policy());
  service.migrations({kMigrations, kMigrationsCount});
  add_discovery(service);
  add_auth(service, state, tokens);
  add_domains(service, state);
  add_domain_configs(service, state);
  add_projects(service, state);
  add_users(service, state);
  add_groups(service, state);
  add_roles(service, state);
  add_implied_roles(service, state);
  add_grants(service, state);
  add_role_assignments(service, state);
  add_application_credentials(service, state);
  add_credentials(service, state);
  add_ec2_credentials(service, state);
  add_ec2_tokens(service, state, tokens);
  add_s3_tokens(service, state, tokens);
  add_trusts(service, state);
  add_identity_providers(service, state);
  add_protocols(service, state);
  add_mappings(service, state);
  add_federation(service, state, tokens);
  add_saml(service, state, tokens);
  add_saml_login(service, state, tokens);
  add_service_providers(service, state);
  add_consumers(service, state);
  add_oauth_request_tokens(service, state);
  add_oauth_access_tokens(service, state);
  add_oauth2_token(service, state, tokens);
  add_regions(service, state);
  add_catalog_services(service, state);
  add_endpoints(service, state);
  add_policies(service);
  add_endpoint_policies(service, state);
  add_endpoint_groups(service, state);
  add_endpoint_filters(service, state);
  add_revocation_events(service);
  add_registered_limits(service, state);
  add_limits(service, state);
  service.every(std::chrono::hours(1), "keystone.forget_old_revocations",
                [&state] { forget_old_revocations(state); });
  service.every(std::chrono::seconds(30), "keystone.end_group_memberships",
                [&state] { end_group_memberships(state); });
  if (const Duration every = state.options.fernet_rotation; every > Duration(0)) {
    service.every(every, "keystone.rotate_fernet_keys",
                  [&state] { rotate_fernet_keys(state.options, state.world.clock); });
  }
  return service;
}

}  // namespace haneul::keystone
