#include "services/nova/agent.h"

#include "base/log.h"
#include "flow/engine.h"
#include "services/nova/power.h"

namespace haneul::nova {
namespace {

void wake_flows(Cloud& cloud, const std::string& host) {
  const auto ids = cloud.world.db.read([&](db::Session& session) {
    std::vector<std::string> found;
    db::Rows rows =
        session.query("SELECT id FROM servers WHERE host = ? AND task_state IS NOT NULL", {host});
    while (rows.next()) found.push_back(rows.string(0));
    return found;
  });
  for (const auto& id : ids) cloud.world.flows.wake(subject_of(id));
}

}  // namespace

void meet_agent(Cloud& cloud, const std::string& host) {
  try {
    if (!cloud.hosts.is_reachable(host)) return cloud.hosts.keep_seen(host);
    hear_power_changes(cloud, host);
    cloud.hosts.report(host);
    compare_power(cloud, host);
    wake_flows(cloud, host);
  } catch (const std::exception& e) {
    log::warning("a host's agent could not be met", {{"host", host}, {"error", e.what()}});
  }
}

}  // namespace haneul::nova
