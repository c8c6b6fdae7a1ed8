#include "services/neutron/neutron.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "services/neutron/agent.h"
#include "services/neutron/flows/network_sync.h"
#include "services/neutron/neutron_impl.h"
#include "services/neutron/port.h"
#include "services/neutron/quota.h"

namespace haneul::neutron {

Neutron::Impl::Impl(const resource::World& world, net::Driver& driver_, Options options_)
    : options(std::move(options_)),
      driver(driver_),
      service(make_service(options)),
      context{world, options, service.policy()} {
  add_resources(service, context);
  world.flows.add<NetworkSync>(kNetworkSync, [this] {
    auto sync = std::make_unique<NetworkSync>();
    sync->context = &context;
    sync->driver = &driver;
    return sync;
  });
}

// upstream: openstack/neutron:neutron/plugins/ml2/drivers/ovn/mech_driver/mech_driver.py
// set_port_status_up, set_port_status_down
void Neutron::Impl::port_up(const std::string& port_id, bool up) {
  const std::string_view status = up ? "ACTIVE" : "DOWN";
  const auto facts = context.world.db.write([&](db::Transaction& tx) {
    const auto changed = tx.execute(
        "UPDATE ports SET status = ?, updated_at = ?, revision_number = revision_number + 1"
        " WHERE id = ? AND status <> ?",
        {status, context.now(), port_id, status});
    const auto row = changed ? ports().find(tx, port_id) : std::nullopt;
    return row ? facts_of(tx, {*row}) : std::vector<PortFacts>{};
  });
  if (listener && !facts.empty()) listener(facts.front(), up);
}

void Neutron::Impl::drifted(const net::Object& object) {
  context.world.db.write(
      [&](db::Transaction& tx) { mark_dirty(tx, context, object.kind, object.id); });
}

Neutron::Neutron(const resource::World& world, net::Driver& driver, Options options)
    : impl_(std::make_unique<Impl>(world, driver, std::move(options))) {}

Neutron::~Neutron() = default;

const resource::Service& Neutron::service() const {
  return impl_->service;
}

void Neutron::start() {
  auto& i = *impl_;
  i.driver.on_events({[&i](const std::string& port_id, bool up) { i.port_up(port_id, up); },
                      [&i](const net::Object& object) { i.drifted(object); }});
  try {
    mend(i.context, i.driver);
  } catch (const net::Error& e) {
    log::error("networks cannot be compared", {{"error", e.what()}});
  }
  i.context.world.db.write([&](db::Transaction& tx) { ensure_sync(tx, i.context); });
}

void Neutron::resync() {
  mend(impl_->context, impl_->driver);
  wake_sync(impl_->context);
}

std::vector<std::string> Neutron::doctor() {
  auto& context = impl_->context;
  std::vector<std::string> lines;
  // Looked at twice: what changed while the first look was taken is no difference.
  Differences found = compare(context, impl_->driver);
  const Differences again = compare(context, impl_->driver);
  const auto keep = [](std::vector<net::Object>& list, const std::vector<net::Object>& other) {
    std::erase_if(list, [&](const net::Object& o) {
      return std::find(other.begin(), other.end(), o) == other.end();
    });
  };
  keep(found.missing, again.missing);
  keep(found.strays, again.strays);
  for (const auto& o : found.missing) {
    lines.push_back(fmt::format("{} {} is not in the network", kind_name(o.kind), o.id));
  }
  for (const auto& o : found.strays) {
    lines.push_back(fmt::format("{} {} is in the network but has no row", kind_name(o.kind), o.id));
  }
  context.world.db.read([&](db::Session& s) {
    db::Rows rows = s.query(
        "SELECT kind, id, attempts, reason FROM net_dirty WHERE attempts > 0 ORDER BY kind, id");
    while (rows.next()) {
      lines.push_back(fmt::format("{} {} could not be told to the network {} times: {}",
                                  kind_name(static_cast<net::Kind>(rows.integer(0))), rows.text(1),
                                  rows.integer(2), rows.text(3)));
    }
    const auto miscounts = find_miscounts(s, context.world.quota);
    lines.insert(lines.end(), miscounts.begin(), miscounts.end());
  });
  return lines;
}

void Neutron::report_host(db::Transaction& tx, const HostReport& report) {
  note_host(tx, impl_->context, report);
}

void Neutron::on_port_status(std::function<void(const PortFacts&, bool)> listener) {
  impl_->listener = std::move(listener);
}

void Neutron::on_device_change(std::function<void(db::Transaction&, const std::string&)> listener) {
  impl_->context.device_changed = std::move(listener);
}

}  // namespace haneul::neutron
