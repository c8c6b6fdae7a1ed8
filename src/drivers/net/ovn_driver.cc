#include "drivers/net/ovn_driver.h"

#include <set>
#include <utility>

#include "base/log.h"
#include "drivers/net/ovn_plans.h"
#include "drivers/net/ovn_rows.h"
#include "drivers/net/ovn_tables.h"

namespace haneul::net {
namespace {

// Another writer may be in the way so often; after that somebody undoes what we do.
constexpr int kRoundsMax = 5;

OvnOptions with_defaults(OvnOptions options) {
  if (options.gateway_chassis.empty()) options.gateway_chassis = {options.chassis};
  return options;
}

}  // namespace

OvnDriver::OvnDriver(OvnOptions options)
    : options_(with_defaults(std::move(options))),
      watch_(puts_, [this] { mend_shared(); }),
      host_(options_.host) {
  ovsdb::ClientOptions client;
  client.endpoint = options_.northbound;
  client.database = "OVN_Northbound";
  client.tables = ovn::northbound_tables();
  client.request_time_max = options_.request_time_max;
  client.on_change = [this](const std::vector<ovsdb::Change>& changes,
                            const ovsdb::Client& northbound) {
    northbound.read([&](const ovsdb::Replica& replica) { watch_.take(changes, replica); });
  };
  northbound_ = std::make_unique<ovsdb::Client>(std::move(client));
  watch_.start([this](const std::function<void(const ovsdb::Replica&)>& look) {
    northbound_->read([&look](const ovsdb::Replica& replica) { look(replica); });
  });
}

OvnDriver::~OvnDriver() {
  watch_.stop();
}

void OvnDriver::put(const Network& network) {
  const std::lock_guard lock(puts_);
  apply(ovn::mark_of({Kind::network, network.id}),
        [&](const ovsdb::Replica& replica) { return ovn::plan_network(replica, network); });
}

void OvnDriver::put(const Port& port) {
  const std::lock_guard lock(puts_);
  apply(std::string(ovn::kShared),
        [](const ovsdb::Replica& replica) { return ovn::plan_drop_group(replica); });
  apply(ovn::mark_of({Kind::port, port.id}),
        [&](const ovsdb::Replica& replica) { return ovn::plan_port(replica, port); });
}

void OvnDriver::put(const Router& router) {
  const std::lock_guard lock(puts_);
  apply(ovn::mark_of({Kind::router, router.id}), [&](const ovsdb::Replica& replica) {
    return ovn::plan_router(replica, router, options_.gateway_chassis);
  });
}

void OvnDriver::put(const SecurityGroup& group) {
  const std::lock_guard lock(puts_);
  apply(ovn::mark_of({Kind::security_group, group.id}),
        [&](const ovsdb::Replica& replica) { return ovn::plan_security_group(replica, group); });
}

void OvnDriver::remove(const Object& object) {
  const std::lock_guard lock(puts_);
  apply(ovn::mark_of(object),
        [&](const ovsdb::Replica& replica) { return ovn::plan_removal(replica, object); });
}

std::vector<Object> OvnDriver::list() {
  need_northbound();
  return northbound_->read(
      [](const ovsdb::Replica& replica) { return ovn::marked_objects(replica); });
}

std::string OvnDriver::plug(const Port& port, std::int64_t mtu) {
  return host_.plug(port, mtu);
}

void OvnDriver::unplug(const std::string& port_id) {
  host_.unplug(port_id);
}

std::vector<std::string> OvnDriver::list_plugged() {
  return host_.list_plugged();
}

int OvnDriver::open_metadata_socket(const Network& network) {
  return host_.open_metadata_socket(network);
}

void OvnDriver::close_metadata(const std::string& network_id) {
  host_.close_metadata(network_id);
}

std::vector<std::string> OvnDriver::list_metadata() {
  return host_.list_metadata();
}

void OvnDriver::on_events(Events events) {
  watch_.on_events(std::move(events));
}

void OvnDriver::apply(const std::string& mark, const Planner& planner) {
  need_northbound();
  std::set<std::string> touched;
  for (int round = 1;; ++round) {
    ovn::Plan plan = northbound_->read(planner);
    if (plan.empty()) break;
    if (round > kRoundsMax) {
      throw Error("somebody else keeps changing what belongs to " + mark + " in OVN");
    }
    touched.insert(plan.touched().begin(), plan.touched().end());
    try {
      northbound_->transact(plan.take());
    } catch (const ovsdb::Refused& refused) {
      // The replica may have been behind; it no longer is.
      if (round >= kRoundsMax) throw;
      log::warning("OVN refused a change; trying again",
                   {{"object", mark}, {"reason", refused.what()}});
    }
  }
  watch_.settle(mark, touched);
}

void OvnDriver::need_northbound() {
  if (northbound_->wait_ready(options_.request_time_max)) return;
  throw Error("OVN's northbound database does not answer at " + options_.northbound);
}

void OvnDriver::mend_shared() {
  const std::lock_guard lock(puts_);
  try {
    apply(std::string(ovn::kShared),
          [](const ovsdb::Replica& replica) { return ovn::plan_drop_group(replica); });
  } catch (const Error& error) {
    log::error("cannot repair the drop group", {{"reason", error.what()}});
  }
}

}  // namespace haneul::net
