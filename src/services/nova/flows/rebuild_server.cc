#include "services/nova/flows/server_flows.h"

namespace haneul::nova {
namespace {

constexpr auto kState =
    resource::fields(resource::field<&RebuildServer::server_id, RebuildServer>("server_id"),
                     resource::field<&RebuildServer::was_off>("was_off"));

constexpr flow::Step<RebuildServer> kSteps[] = {{"clear", &RebuildServer::clear},
                                                {"disks", &RebuildServer::disks},
                                                {"define", &RebuildServer::define},
                                                {"start", &RebuildServer::start}};

}  // namespace

const flow::Program<RebuildServer> kRebuildServer{"nova.rebuild_server", kState, kSteps,
                                                  &RebuildServer::failed};

flow::Outcome RebuildServer::clear(const flow::Visit& visit) {
  const Server s = load(visit);
  auto& virt = drivers_of(s).virt;
  virt.undefine(s.id);
  virt.remove_files(s.id);
  return flow::Outcome::next();
}

flow::Outcome RebuildServer::disks(const flow::Visit& visit) {
  make_disks(visit, load(visit));
  return flow::Outcome::next();
}

flow::Outcome RebuildServer::define(const flow::Visit& visit) {
  define_guest(visit, load(visit));
  return flow::Outcome::next();
}

flow::Outcome RebuildServer::start(const flow::Visit& visit) {
  const Server server = load(visit);
  if (!was_off) drivers_of(server).virt.start(server.id);
  return flow::Outcome::done().with([this](db::Transaction& tx) {
    change(tx, [&](Server& s) {
      if (s.deleting()) return;
      s.vm_state = was_off ? vm::kStopped : vm::kActive;
      s.task_state.reset();
      s.power_state =
          static_cast<std::int64_t>(was_off ? virt::Power::shut_off : virt::Power::running);
      s.launched_at = cloud->world.clock.now();
      s.fault.reset();
    });
  });
}

void RebuildServer::failed(db::Transaction& tx, const std::string& reason) {
  change(tx, [&](Server& s) {
    if (s.deleting()) return;
    s.vm_state = vm::kError;
    s.task_state.reset();
    s.fault = fault_json(500, reason, cloud->world.clock.now());
  });
}

void add_server_flows(flow::Engine& engine, Cloud& cloud) {
  const auto made = [&cloud]<class P>(const flow::Program<P>&) {
    return [&cloud] {
      auto p = std::make_unique<P>();
      p->cloud = &cloud;
      return p;
    };
  };
  engine.add<BootServer>(kBootServer, made(kBootServer));
  engine.add<DeleteServer>(kDeleteServer, made(kDeleteServer));
  engine.add<PowerServer>(kPowerServer, made(kPowerServer));
  engine.add<RebuildServer>(kRebuildServer, made(kRebuildServer));
}

}  // namespace haneul::nova
