#include "services/nova/power.h"

#include "base/log.h"
#include "flow/engine.h"
#include "services/nova/flows/server_flows.h"

namespace haneul::nova {
namespace {

using virt::Power;

bool is_off(Power p) {
  return p == Power::shut_off || p == Power::crashed;
}

// Makes a row say what its guest does. A server that something is being done to is left to that.
void follow(Cloud& cloud, db::Transaction& tx, Server& s, Power power) {
  const auto number = static_cast<std::int64_t>(power);
  const bool went_off = is_off(power) && (s.vm_state == vm::kActive || s.vm_state == vm::kPaused);
  const bool came_up = power == Power::running && s.vm_state == vm::kStopped;
  if (s.task_state || (s.power_state == number && !went_off && !came_up)) return;
  log::info("a guest changed power by itself",
            {{"server", s.id}, {"vm_state", s.vm_state}, {"power", number}});
  s.power_state = number;
  if (went_off) s.vm_state = vm::kStopped;
  if (came_up) {
    s.task_state = task::kPoweringOff;
    PowerServer flow;
    flow.server_id = s.id;
    flow.verb = "stop";
    cloud.world.flows.start(tx, kPowerServer, flow, {subject_of(s.id)});
  }
  s.updated_at = cloud.world.clock.now();
  cloud.servers.update(tx, s);
}

void hear(Cloud& cloud, const virt::GuestState& guest) {
  cloud.world.db.write([&](db::Transaction& tx) {
    auto server = cloud.servers.find(tx, guest.id);
    if (server) follow(cloud, tx, *server, guest.power);
  });
  cloud.world.flows.wake(subject_of(guest.id));
}

// Rows of one host that may differ from their guests; only their ids, to be read again before they
// are changed.
std::vector<std::string> differing(Cloud& cloud, const std::string& host,
                                   const std::map<std::string, Power>& powers) {
  return cloud.world.db.read([&](db::Session& session) {
    std::vector<std::string> ids;
    db::Rows rows = session.query(
        "SELECT id, vm_state, power_state FROM servers WHERE host = ? AND task_state IS NULL",
        {host});
    while (rows.next()) {
      const auto found = powers.find(rows.string(0));
      const Power power = found == powers.end() ? Power::no_state : found->second;
      const bool off_but_not = is_off(power) && rows.text(1) == vm::kActive;
      const bool on_but_not = power == Power::running && rows.text(1) == vm::kStopped;
      if (rows.integer(2) != static_cast<std::int64_t>(power) || off_but_not || on_but_not) {
        ids.push_back(rows.string(0));
      }
    }
    return ids;
  });
}

void compare_host(Cloud& cloud, const std::string& host) {
  auto& virt = cloud.hosts.drivers(host).virt;
  std::map<std::string, Power> powers;
  for (const virt::GuestState& g : virt.list()) powers[g.id] = g.power;
  for (const auto& id : differing(cloud, host, powers)) {
    // Asked again: between the list and now a flow may have come and gone.
    const Power power = virt.power(id);
    cloud.world.db.write([&](db::Transaction& tx) {
      auto server = cloud.servers.find(tx, id);
      if (server && server->host == host) follow(cloud, tx, *server, power);
    });
  }
}

}  // namespace

void hear_power_changes(Cloud& cloud) {
  for (const auto& host : cloud.hosts.names()) hear_power_changes(cloud, host);
}

void hear_power_changes(Cloud& cloud, const std::string& host) {
  cloud.hosts.drivers(host).virt.on_power_change([&cloud](const virt::GuestState& guest) {
    // The driver's thread must go on whatever happens here; compare_power mends it later.
    try {
      hear(cloud, guest);
    } catch (const std::exception& e) {
      log::error("a power change was lost", {{"server", guest.id}, {"error", e.what()}});
    }
  });
}

void compare_power(Cloud& cloud) {
  for (const auto& host : cloud.hosts.names()) compare_power(cloud, host);
}

void compare_power(Cloud& cloud, const std::string& host) {
  try {
    compare_host(cloud, host);
  } catch (const std::exception& e) {
    log::warning("guests could not be compared", {{"host", host}, {"error", e.what()}});
  }
}

}  // namespace haneul::nova
