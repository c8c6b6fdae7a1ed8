#include <fmt/format.h>

#include "base/id.h"
#include "base/text.h"
#include "resource/crud.h"
#include "resource/quota.h"
#include "services/neutron/errors.h"
#include "services/neutron/floatingip.h"
#include "services/neutron/ipam.h"
#include "services/neutron/port.h"

namespace haneul::neutron {
namespace {

constexpr int kMacTriesMax = 16;

bool mac_taken(db::Session& session, const PortRow& port) {
  return session
      .integer("SELECT 1 FROM ports WHERE mac_address = ? AND network_id = ?",
               {port.mac_address, port.network_id})
      .has_value();
}

std::string random_mac() {
  const std::string hex = to_hex(random_bytes(3));
  return fmt::format("fa:16:3e:{}:{}:{}", hex.substr(0, 2), hex.substr(2, 2), hex.substr(4, 2));
}

void choose_mac(db::Session& session, PortRow& port) {
  if (!port.mac_address.empty()) {
    if (!mac_taken(session, port)) return;
    throw Fault::conflict(fmt::format("Unable to complete operation for network {}. The mac "
                                      "address {} is in use.",
                                      port.network_id, port.mac_address))
        .named("MacAddressInUse");
  }
  for (int i = 0; i < kMacTriesMax; ++i) {
    port.mac_address = random_mac();
    if (!mac_taken(session, port)) return;
  }
  throw Fault::unavailable(
      fmt::format("Unable to generate unique mac on network {}.", port.network_id))
      .named("NetworkMacAddressGenerationFailure");
}

}  // namespace

void bind_port(PortRow& port, std::string_view host) {
  port.host_id = host;
  if (host.empty()) {
    port.vif_type = "unbound";
    port.vif_details = JsonText::object();
    port.status = "DOWN";
    return;
  }
  port.vif_type = "ovs";
  port.vif_details.text = R"({"port_filter":true,"connectivity":"l2","bound_drivers":{"0":"ovn"}})";
}

void complete_port(db::Transaction& tx, const Context& context, const Network& network,
                   PortRow& port, const PortWishes& wishes) {
  choose_mac(tx, port);
  if (port.vif_type == "unbound") bind_port(port, port.host_id);
  port.port_security_enabled = network.port_security_enabled;
  set_security(tx, context, port, wishes);
  check_address_pairs(port);
  allocate_fixed_ips(tx, context, network, port, wishes.fixed_ips);
}

void make_own_port(db::Transaction& tx, const Context& context, PortRow& port,
                   const json::Value* fixed_ips) {
  if (port.id.empty()) port.id = new_uuid();
  port.created_at = port.updated_at = context.now();
  const auto network = networks().find(tx, port.network_id);
  if (!network) throw network_not_found(port.network_id);
  PortWishes wishes;
  wishes.fixed_ips = fixed_ips;
  complete_port(tx, context, *network, port, wishes);
  ports().insert(tx, port);
  count_usage(tx, context, port.project_id, "port", 1);
  mark_dirty(tx, context, net::Kind::port, port.id);
}

void delete_port_row(db::Transaction& tx, const Context& context, const PortRow& port) {
  release_addresses_of(tx, port.id);
  tx.execute("DELETE FROM security_group_bindings WHERE port_id = ?", {port.id});
  if (port.tags.text != "[]") tx.execute("DELETE FROM neutron_tags WHERE object_id = ?", {port.id});
  if (ports().remove(tx, port.id)) {
    context.world.quota.release(tx, "neutron", port.project_id, "port", 1);
  }
  mark_dirty(tx, context, net::Kind::port, port.id);
}

void remove_port(db::Transaction& tx, const Context& context, const PortRow& port) {
  disassociate_floatingips(tx, context, port.id);
  delete_port_row(tx, context, port);
}

void save_port(db::Transaction& tx, const Context& context, PortRow& port) {
  resource::touch(port_resource(), &port, context.now());
  ports().update(tx, port);
  mark_dirty(tx, context, net::Kind::port, port.id);
  note_port(tx, context, port.id);
}

}  // namespace haneul::neutron
