#include "services/nova/flows/server_flows.h"
#include "services/nova/networking.h"
#include "services/placement/placement.h"

namespace haneul::nova {
namespace {

constexpr auto kState =
    resource::fields(resource::field<&BootServer::server_id, BootServer>("server_id"));

constexpr flow::Step<BootServer> kSteps[] = {{"plug", &BootServer::plug, &BootServer::undo_all},
                                             {"disks", &BootServer::disks},
                                             {"define", &BootServer::define},
                                             {"start", &BootServer::start}};

}  // namespace

const flow::Program<BootServer> kBootServer{"nova.boot_server", kState, kSteps,
                                            &BootServer::failed};

flow::Outcome BootServer::plug(const flow::Visit& visit) {
  plug_ports(visit, load(visit));
  return flow::Outcome::next();
}

flow::Outcome BootServer::disks(const flow::Visit& visit) {
  make_disks(visit, load(visit));
  return flow::Outcome::next();
}

flow::Outcome BootServer::define(const flow::Visit& visit) {
  define_guest(visit, load(visit));
  return flow::Outcome::next();
}

flow::Outcome BootServer::start(const flow::Visit& visit) {
  const Server server = load(visit);
  drivers_of(server).virt.start(server.id);
  return flow::Outcome::done().with([this](db::Transaction& tx) {
    change(tx, [&](Server& s) {
      s.vm_state = vm::kActive;
      s.task_state.reset();
      s.power_state = static_cast<std::int64_t>(virt::Power::running);
      s.launched_at = cloud->world.clock.now();
    });
  });
}

// All steps at once: what is absent is fine.
void BootServer::undo_all(const flow::Visit& visit) {
  const auto server =
      visit.db.read([&](db::Session& s) { return cloud->servers.find(s, server_id); });
  if (server) wipe(visit, *server);
}

// The guest never came to be: its room on the host and its ports are free again, the row stays to
// say why. A server that is being deleted is left to that.
void BootServer::failed(db::Transaction& tx, const std::string& reason) {
  change(tx, [&](Server& s) {
    if (s.deleting()) return;
    release_ports(*cloud, tx, s);
    cloud->placement.release(tx, s.id);
    s.host.reset();
    s.addresses = "{}";
    s.vm_state = vm::kError;
    s.task_state.reset();
    s.fault = fault_json(500, reason, cloud->world.clock.now());
  });
}

}  // namespace haneul::nova
