#include "resource/service.h"

#include "flow/engine.h"
#include "services/glance/glance.h"
#include "services/neutron/neutron.h"
#include "services/nova/agent.h"
#include "services/nova/aggregate.h"
#include "services/nova/availability_zone.h"
#include "services/nova/cloud.h"
#include "services/nova/compute_service.h"
#include "services/nova/deleted_server.h"
#include "services/nova/dialect.h"
#include "services/nova/doctor.h"
#include "services/nova/extension.h"
#include "services/nova/flavor_access.h"
#include "services/nova/flavor_extra_spec.h"
#include "services/nova/floating_ip.h"
#include "services/nova/flows/server_flows.h"
#include "services/nova/host.h"
#include "services/nova/hypervisor.h"
#include "services/nova/image.h"
#include "services/nova/image_metadata.h"
#include "services/nova/instance_action.h"
#include "services/nova/limits.h"
#include "services/nova/metadata_service.h"
#include "services/nova/network.h"
#include "services/nova/networking.h"
#include "services/nova/nova.h"
#include "services/nova/policies.h"
#include "services/nova/power.h"
#include "services/nova/proxy.h"
#include "services/nova/quota_set.h"
#include "services/nova/security_group.h"
#include "services/nova/security_group_rule.h"
#include "services/nova/server_actions.h"
#include "services/nova/server_group.h"
#include "services/nova/server_parts.h"
#include "services/nova/server_rebuild.h"
#include "services/nova/server_routes.h"
#include "services/nova/server_security_group.h"
#include "services/nova/tenant_usage.h"
#include "services/nova/versions.h"

namespace haneul::nova {

extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;

namespace {

access::Policy make_policy() {
  auto policy = access::Policy::make(kPolicies);
  if (!policy) throw std::logic_error("nova policies: " + policy.reason());
  return std::move(*policy);
}

struct FirstFlavor {
  const char *id, *name;
  std::int64_t vcpus, ram, disk;
};

// upstream: openstack/devstack:lib/nova (create_flavors), openstack/tempest's m1.nano and m1.micro
constexpr FirstFlavor kFirstFlavors[] = {
    {"42", "m1.nano", 1, 64, 1},       {"84", "m1.micro", 1, 128, 1},
    {"1", "m1.tiny", 1, 512, 1},       {"2", "m1.small", 1, 2048, 20},
    {"3", "m1.medium", 2, 4096, 40},   {"4", "m1.large", 4, 8192, 80},
    {"5", "m1.xlarge", 8, 16'384, 160}};

constexpr Duration kForgetEvery = std::chrono::minutes(10);

}  // namespace

struct Nova::Impl {
  Impl(const resource::World& world, glance::Glance& glance, placement::Placement& placement,
       neutron::Neutron& neutron, const Options& options)
      : settings(options.settings),
        cloud{world, glance, placement, neutron, Hosts(world, placement, settings, options.fleet)},
        image_proxy(glance.service()),
        network_proxy(neutron.service()),
        service({.name = "nova",
                 .type = "compute",
                 .mount = "/compute",
                 .endpoint = "/v2.1",
                 .description = "Nova Compute Service",
                 .mount_aliases = {},
                 .project_behind = "/v2.1"},
                std::make_unique<Dialect>(), make_policy()) {
    for (const auto& [name, driver] : options.hosts) cloud.hosts.add(name, {*driver, options.net});
    service.migrations({kMigrations, kMigrationsCount});
    service.limits(quota_limits(settings.quota));
    service.every(settings.report_interval, "nova.report_hosts",
                  [this] { cloud.hosts.report_all(); });
    service.every(settings.sync_power_state_interval, "nova.compare_power",
                  [this] { compare_power(cloud); });
    service.every(kForgetEvery, "nova.forget_deleted",
                  [this] { forget_deleted(cloud, this->settings.deleted_servers_kept); });
    add_routes();
    add_server_flows(world.flows, cloud);
    neutron.on_device_change([this](db::Transaction& tx, const std::string& server_id) {
      auto server = cloud.servers.find(tx, server_id);
      if (server && refresh_addresses(cloud, tx, *server)) cloud.servers.update(tx, *server);
    });
  }

  void add_routes() {
    add_version_routes(service);
    add_extension_routes(service);
    add_flavor_routes(service, cloud.flavors);
    add_flavor_extra_spec_routes(service, cloud.flavors);
    add_flavor_access_routes(service, cloud.flavors);
    add_keypair_routes(service, cloud.keypairs);
    add_server_routes(service, cloud);
    add_server_action_routes(service, cloud);
    add_server_rebuild_routes(service, cloud);
    add_server_part_routes(service, cloud);
    add_server_security_group_routes(service, cloud);
    add_server_group_routes(service, cloud);
    add_instance_action_routes(service, cloud);
    add_quota_set_routes(service);
    add_limits_routes(service);
    add_availability_zone_routes(service, cloud);
    add_hypervisor_routes(service, cloud);
    add_compute_service_routes(service, cloud);
    add_aggregate_routes(service, cloud);
    add_tenant_usage_routes(service);
    add_host_routes(service, cloud);
    add_image_routes(service, image_proxy);
    add_image_metadata_routes(service, image_proxy);
    add_network_routes(service, network_proxy);
    add_security_group_routes(service, network_proxy);
    add_security_group_rule_routes(service, network_proxy);
    add_floating_ip_routes(service, cloud, network_proxy);
  }

  const Settings settings;
  Cloud cloud;
  const Proxy image_proxy, network_proxy;
  resource::Service service;
};

Nova::Nova(const resource::World& world, glance::Glance& glance, placement::Placement& placement,
           neutron::Neutron& neutron, Options options)
    : impl_(std::make_unique<Impl>(world, glance, placement, neutron, options)) {}

Nova::~Nova() = default;

const resource::Service& Nova::service() const {
  return impl_->service;
}

void Nova::start() {
  Cloud& cloud = impl_->cloud;
  for (const auto& host : cloud.hosts.names()) cloud.hosts.report(host);
  hear_power_changes(cloud);
  compare_power(cloud);
  if (!cloud.hosts.fleet()) return;
  cloud.hosts.fleet()->on_change([&cloud](const std::string& host) { meet_agent(cloud, host); });
}

void Nova::bootstrap() {
  Cloud& cloud = impl_->cloud;
  cloud.world.db.write([&](db::Transaction& tx) {
    if (cloud.flavors.count(tx, {}) > 0) return;  // an operator who removed some meant it
    for (const FirstFlavor& f : kFirstFlavors) {
      Flavor flavor;
      flavor.id = f.id;
      flavor.name = f.name;
      flavor.vcpus = f.vcpus;
      flavor.ram = f.ram;
      flavor.disk = f.disk;
      flavor.created = cloud.world.clock.now();
      cloud.flavors.insert(tx, flavor);
    }
  });
}

std::vector<std::string> Nova::doctor() {
  return find_differences(impl_->cloud);
}

http::Response Nova::metadata_response(const http::Request& request) {
  return answer_metadata(impl_->cloud, request);
}

}  // namespace haneul::nova
