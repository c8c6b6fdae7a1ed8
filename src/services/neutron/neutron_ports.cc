#include <algorithm>

#include <fmt/format.h>

#include "base/id.h"
#include "services/neutron/errors.h"
#include "services/neutron/floatingip.h"
#include "services/neutron/logic/ip.h"
#include "services/neutron/neutron_impl.h"
#include "services/neutron/port.h"
#include "services/neutron/security_group.h"

namespace haneul::neutron {
namespace {

json::Value list_of(const std::vector<std::string>& texts) {
  json::Array out;
  for (const auto& text : texts) out.emplace_back(text);
  return out;
}

// The port is free again, as it was before a server had it.
void free_port(db::Transaction& tx, const Context& context, PortRow& port) {
  port.device_id.clear();
  port.device_owner.clear();
  bind_port(port, "");
  save_port(tx, context, port);
}

void give_up(db::Transaction& tx, const Context& context, PortRow& port) {
  port.made_for_device ? remove_port(tx, context, port) : free_port(tx, context, port);
}

std::vector<PortRow> rows_of_device(db::Session& session, std::string_view device_id) {
  return ports().list(session, resource::Where().equals("device_id", device_id));
}

void set_groups(db::Transaction& tx, const Context& context, PortRow& port,
                const std::vector<std::string>& groups) {
  const json::Value value = list_of(groups);
  PortWishes wishes;
  wishes.security_groups = &value;
  set_security(tx, context, port, wishes);
  save_port(tx, context, port);
}

}  // namespace

std::string Neutron::default_security_group(db::Transaction& tx,
                                            std::string_view project_id) const {
  return ensure_default_group(tx, impl_->context, project_id);
}

PortFacts Neutron::create_port(db::Transaction& tx, const access::Caller& caller,
                               const NewPort& wish) {
  const Context& context = impl_->context;
  const auto network =
      networks().find(tx, wish.network_id, visible_networks(caller, context.is_admin(caller)));
  if (!network) throw network_not_found(wish.network_id);
  PortRow port;
  port.id = new_uuid();
  port.name = wish.name;
  port.project_id = caller.project_id.text;
  port.network_id = network->id;
  port.device_id = wish.device_id;
  port.device_owner = wish.device_owner;
  port.host_id = wish.host;
  port.dns_name = wish.dns_name;
  port.made_for_device = true;
  port.created_at = port.updated_at = context.world.clock.now();
  take_quota(tx, context, port.project_id, "port", 1);
  const json::Value groups = list_of(wish.security_groups);
  json::Value fixed;
  PortWishes wishes;
  if (!wish.security_groups.empty()) wishes.security_groups = &groups;
  if (!wish.fixed_ip.empty()) {
    fixed = json::Array{json::Object{{"ip_address", wish.fixed_ip}}};
    if (const auto refusal = fixed_ips(fixed)) throw invalid_input(*refusal);
    wishes.fixed_ips = &fixed;
  }
  complete_port(tx, context, *network, port, wishes);
  ports().insert(tx, port);
  mark_dirty(tx, context, net::Kind::port, port.id);
  return std::move(facts_of(tx, {port}).front());
}

PortFacts Neutron::use_port(db::Transaction& tx, const access::Caller& caller,
                            std::string_view port_id, const NewPort& wish) {
  const Context& context = impl_->context;
  auto port = ports().find(tx, port_id, visible_ports(caller, context.is_admin(caller)));
  if (!port) throw port_not_found(port_id);
  if (!port->device_id.empty() && port->device_id != wish.device_id) {
    throw Fault::conflict(
        fmt::format("Unable to complete operation on port {} for network {}. Port "
                    "already has an attached device {}.",
                    port->id, port->network_id, port->device_id))
        .named("PortInUse");
  }
  port->device_id = wish.device_id;
  port->device_owner = wish.device_owner;
  if (port->host_id != wish.host) bind_port(*port, wish.host);
  if (port->dns_name.empty() && !wish.dns_name.empty()) {
    port->dns_name = wish.dns_name;
    const auto domain = tx.text("SELECT dns_domain FROM networks WHERE id = ?", {port->network_id});
    refresh_dns(context, *port, domain.value_or(""));
  }
  save_port(tx, context, *port);
  return std::move(facts_of(tx, {*port}).front());
}

void Neutron::release_ports_of(db::Transaction& tx, std::string_view device_id) {
  if (device_id.empty()) return;
  for (auto& port : rows_of_device(tx, device_id)) give_up(tx, impl_->context, port);
}

void Neutron::release_port(db::Transaction& tx, std::string_view device_id,
                           std::string_view port_id) {
  auto port = ports().find(tx, port_id);
  if (port && port->device_id == device_id) give_up(tx, impl_->context, *port);
}

void Neutron::bind_ports(db::Transaction& tx, std::string_view device_id, std::string_view host) {
  for (auto& port : rows_of_device(tx, device_id)) {
    if (port.host_id == host) continue;
    bind_port(port, host);
    save_port(tx, impl_->context, port);
  }
}

void Neutron::add_security_group(db::Transaction& tx, std::string_view device_id,
                                 std::string_view group) {
  for (auto& port : rows_of_device(tx, device_id)) {
    auto groups = texts_of(port.security_groups);
    if (!port.port_security_enabled || fixed_addresses(port).empty()) continue;
    if (std::find(groups.begin(), groups.end(), group) != groups.end()) continue;
    groups.emplace_back(group);
    set_groups(tx, impl_->context, port, groups);
  }
}

void Neutron::remove_security_group(db::Transaction& tx, std::string_view device_id,
                                    std::string_view group) {
  for (auto& port : rows_of_device(tx, device_id)) {
    auto groups = texts_of(port.security_groups);
    const auto found = std::find(groups.begin(), groups.end(), group);
    if (found == groups.end()) continue;
    groups.erase(found);
    set_groups(tx, impl_->context, port, groups);
  }
}

}  // namespace haneul::neutron
