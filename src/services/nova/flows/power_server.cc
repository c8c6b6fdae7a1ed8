#include "services/nova/flows/server_flows.h"

namespace haneul::nova {
namespace {

using flow::Outcome;
using virt::Power;

// How long a guest may take to follow an ACPI request before it is forced.
// upstream: openstack/nova:nova/conf/compute.py (shutdown_timeout)
constexpr Duration kGraceMax = std::chrono::seconds(60);
constexpr Duration kLookAgain = std::chrono::milliseconds(500);

constexpr auto kState = resource::fields(
    resource::field<&PowerServer::server_id, PowerServer>("server_id"),
    resource::field<&PowerServer::verb>("verb"), resource::field<&PowerServer::asked>("asked"));

constexpr flow::Step<PowerServer> kSteps[] = {{"act", &PowerServer::act}};

}  // namespace

const flow::Program<PowerServer> kPowerServer{"nova.power_server", kState, kSteps,
                                              &PowerServer::failed};

Outcome PowerServer::settled(std::string_view vm_state, std::int64_t power) {
  return Outcome::done().with([this, vm_state, power](db::Transaction& tx) {
    change(tx, [&](Server& s) {
      if (s.deleting()) return;
      s.vm_state = vm_state;
      s.task_state.reset();
      s.power_state = power;
    });
  });
}

Outcome PowerServer::stop(const flow::Visit& visit, const Server& s) {
  auto& virt = drivers_of(s).virt;
  const Power power = virt.power(s.id);
  if (power != Power::running) {
    if (power != Power::shut_off) virt.power_off(s.id);
    return settled(vm::kStopped, static_cast<std::int64_t>(Power::shut_off));
  }
  if (asked == Instant{}) {
    asked = visit.now;
    virt.request_shutdown(s.id);
  } else if (visit.now - asked > kGraceMax) {
    virt.power_off(s.id);
    return settled(vm::kStopped, static_cast<std::int64_t>(Power::shut_off));
  }
  return Outcome::nap(kLookAgain);
}

Outcome PowerServer::act(const flow::Visit& visit) {
  const Server s = load(visit);
  auto& virt = drivers_of(s).virt;
  if (verb == "stop") return stop(visit, s);
  if (verb == "pause") {
    virt.pause(s.id);
    return settled(vm::kPaused, static_cast<std::int64_t>(Power::paused));
  }
  if (verb == "unpause") {
    virt.unpause(s.id);
  } else if (verb == "reboot" && virt.power(s.id) == Power::running) {
    virt.request_reboot(s.id);
  } else if (verb == "start") {
    define_guest(visit, s);
    virt.start(s.id);
  } else {
    plug_ports(visit, s);
    virt.reset(s.id);
  }
  return settled(vm::kActive, static_cast<std::int64_t>(Power::running));
}

// The guest stays what it was; the fault says what went wrong.
void PowerServer::failed(db::Transaction& tx, const std::string& reason) {
  change(tx, [&](Server& s) {
    if (s.deleting()) return;
    s.task_state.reset();
    s.fault = fault_json(500, reason, cloud->world.clock.now());
    if (verb != "start" && verb != "stop") s.vm_state = vm::kError;
  });
}

}  // namespace haneul::nova
