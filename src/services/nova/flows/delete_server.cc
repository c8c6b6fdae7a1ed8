#include "services/nova/deleted_server.h"
#include "services/nova/flows/server_flows.h"
#include "services/nova/metadata_service.h"
#include "services/nova/networking.h"
#include "services/nova/server_actions.h"
#include "services/nova/tenant_usage.h"
#include "services/placement/placement.h"

namespace haneul::nova {
namespace {

constexpr auto kState =
    resource::fields(resource::field<&DeleteServer::server_id, DeleteServer>("server_id"));

constexpr flow::Step<DeleteServer> kSteps[] = {{"wipe", &DeleteServer::wipe_guest},
                                               {"forget", &DeleteServer::forget}};

}  // namespace

// A delete is tried until it is done; the server stays visible until then.
const flow::Program<DeleteServer> kDeleteServer{"nova.delete_server", kState, kSteps, nullptr,
                                                /*never_gives_up=*/true};

flow::Outcome DeleteServer::wipe_guest(const flow::Visit& visit) {
  const auto server =
      visit.db.read([&](db::Session& s) { return cloud->servers.find(s, server_id); });
  if (server) wipe(visit, *server);
  return flow::Outcome::next();
}

flow::Outcome DeleteServer::forget(const flow::Visit&) {
  return flow::Outcome::done().with([this](db::Transaction& tx) {
    const auto server = cloud->servers.find(tx, server_id);
    if (!server) return;
    release_ports(*cloud, tx, *server);
    cloud->placement.release(tx, server_id);
    release_server_quota(*cloud, tx, *server);
    leave_groups(tx, server_id);
    forget_password(tx, server_id);
    record_usage(tx, *server, cloud->world.clock.now());
    finish_actions(tx, server_id, cloud->world.clock.now(), false);
    bury(tx, *cloud, *server);
  });
}

}  // namespace haneul::nova
