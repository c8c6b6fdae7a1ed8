#include "services/list.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "drivers/net/address.h"
#include "services/glance/glance.h"
#include "services/keystone/keystone.h"
#include "services/neutron/neutron.h"
#include "services/nova/nova.h"
#include "services/placement/placement.h"

namespace haneul::resource {
extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;
}  // namespace haneul::resource
namespace haneul::notify {
extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;
}  // namespace haneul::notify
namespace haneul::flow {
extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;
}  // namespace haneul::flow

namespace haneul::services {
namespace {

// What is set with what the surroundings alone know.
Surroundings completed(Surroundings around) {
  around.settings.keystone.key_directory = key_directory(around.state);
  around.settings.glance.directory = around.state / "glance";
  around.settings.neutron.physical_networks = {around.external_network};
  return around;
}

}  // namespace

Services::Services(const resource::World& world, const Surroundings& around)
    : around_(completed(around)),
      keystone_(std::make_unique<keystone::Keystone>(world, around_.settings.keystone)),
      placement_(std::make_unique<placement::Placement>(world)),
      glance_(std::make_unique<glance::Glance>(world, around_.settings.glance)),
      neutron_(std::make_unique<neutron::Neutron>(world, around_.net, around_.settings.neutron)),
      nova_(std::make_unique<nova::Nova>(
          world, *glance_, *placement_, *neutron_,
          nova::Nova::Options{around_.hosts, around_.net, around_.fleet, around_.settings.nova})),
      world_(world) {}

std::filesystem::path key_directory(const std::filesystem::path& state) {
  return state / "keys";
}

std::vector<config::Section> sections(Settings& settings) {
  std::vector<config::Section> all;
  const auto add = [&](std::vector<config::Section> some) {
    all.insert(all.end(), some.begin(), some.end());
  };
  add(keystone::sections(settings.keystone));
  add(glance::sections(settings.glance));
  add(neutron::sections(settings.neutron));
  add(nova::sections(settings.nova));
  return all;
}

Services::~Services() = default;

access::Authenticator& Services::authenticator() {
  return *keystone_;
}

std::vector<const resource::Service*> Services::all() const {
  return {&keystone_->service(), &glance_->service(), &placement_->service(), &neutron_->service(),
          &nova_->service()};
}

std::vector<db::ModuleMigrations> Services::migrations() const {
  std::vector<db::ModuleMigrations> modules = {
      {"resource", {resource::kMigrations, resource::kMigrationsCount}},
      {"notify", {notify::kMigrations, notify::kMigrationsCount}},
      {"flow", {flow::kMigrations, flow::kMigrationsCount}}};
  for (const resource::Service* s : all()) modules.push_back(s->migrations());
  return modules;
}

void Services::start() {
  keystone_->start();
  glance_->start();
  neutron_->start();
  nova_->start();
}

void Services::bootstrap(const Firsts& firsts) {
  keystone::Bootstrap identity{.admin_password = firsts.admin_password,
                               .demo_password = firsts.demo_password};
  for (const resource::Service* s : all()) {
    const auto& f = s->facts();
    identity.catalog.push_back({std::string(f.name), std::string(f.type),
                                std::string(f.description),
                                fmt::format("{}{}{}", firsts.url, f.mount, f.endpoint)});
  }
  keystone_->bootstrap(identity);
  const auto [admin, demo] = world_.db.read([&](db::Session& session) {
    return std::pair(keystone_->project_named(session, "admin"),
                     keystone_->project_named(session, "demo"));
  });
  neutron_->bootstrap({.admin_project_id = admin->id,
                       .project_id = demo->id,
                       .physical_network = around_.external_network,
                       .public_cidr = around_.public_cidr,
                       .public_gateway = net::first_host(around_.public_cidr).value()});
  nova_->bootstrap();
  if (firsts.guest_image.empty()) return;
  glance_->import_file(firsts.guest_image, {.name = "haneul-guest",
                                            .disk_format = firsts.guest_image_format,
                                            .owner = admin->id,
                                            .properties = firsts.guest_properties});
}

std::vector<std::string> Services::doctor() {
  auto lines = neutron_->doctor();
  const auto add = [&](const std::vector<std::string>& more) {
    lines.insert(lines.end(), more.begin(), more.end());
  };
  add(nova_->doctor());
  add(glance_->doctor());
  return lines;
}

}  // namespace haneul::services
