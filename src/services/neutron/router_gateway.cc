#include <algorithm>

#include <fmt/format.h>

#include "services/neutron/errors.h"
#include "services/neutron/router.h"

namespace haneul::neutron {

// upstream: openstack/neutron-lib:neutron_lib/api/definitions/l3.py, l3_ext_gw_mode.py
Refusal gateway_info(json::Value& value) {
  if (value.is_null()) value = json::Object{};
  if (!value.object()) return fmt::format("'{}' is not a dictionary", shown(value));
  for (const auto& member : *value.object()) {
    if (member.key == "network_id" || member.key == "enable_snat" ||
        member.key == "external_fixed_ips" || member.key == "qos_policy_id") {
      continue;
    }
    return fmt::format("Unexpected keys supplied: {}", member.key);
  }
  json::Object& info = *value.object();
  if (info.empty()) return std::nullopt;
  const json::Value* network = info.find("network_id");
  if (!network) {
    return fmt::format(
        "Validation of dictionary's keys failed. Expected keys: {{'network_id'}} "
        "Provided keys: {{'{}'}}",
        info.begin()->key);
  }
  if (network->is_null()) {
    value = json::Object{};
    return std::nullopt;
  }
  if (auto refusal = check_uuid(*network)) return refusal;
  if (json::Value* snat = info.find("enable_snat")) *snat = to_boolean(*snat);
  if (json::Value* ips = info.find("external_fixed_ips")) {
    if (auto refusal = fixed_ips(*ips)) return refusal;
  }
  return std::nullopt;
}

namespace {

bool has_floating_ips(db::Session& session, const RouterRow& router) {
  return session.integer("SELECT 1 FROM floatingips WHERE router_id = ? LIMIT 1", {router.id})
      .has_value();
}

// The external network's subnets must not meet those behind the router.
void check_apart(db::Session& session, const RouterRow& router, std::string_view network_id) {
  const auto outside = subnets_of(session, network_id);
  for (const auto& port : interfaces_of(session, router.id)) {
    for (const auto& fixed : fixed_addresses(port)) {
      const auto inside = subnets().find(session, fixed.subnet_id);
      for (const auto& subnet : outside) {
        if (!inside || !parse_prefix(subnet.cidr)->overlaps(*parse_prefix(inside->cidr))) continue;
        throw bad_request("router", fmt::format("Cidr {} of subnet {} overlaps with cidr {} of "
                                                "subnet {}",
                                                subnet.cidr, subnet.id, inside->cidr, inside->id));
      }
    }
  }
}

void write_info(RouterRow& router, const PortRow& port, bool snat) {
  json::Writer w;
  w.begin_object().member("network_id", port.network_id).key("external_fixed_ips");
  w.raw(port.fixed_ips.text).member("enable_snat", snat).end_object();
  router.external_gateway_info.text = w.take();
}

PortRow make_gateway_port(db::Transaction& tx, const Context& context, const RouterRow& router,
                          const std::string& network_id, const json::Value* addresses) {
  PortRow port;
  port.network_id = network_id;
  port.device_owner = kGatewayOwner;
  port.device_id = router.id;
  make_own_port(tx, context, port, addresses);
  if (!fixed_addresses(port).empty()) return port;
  throw bad_request("router", fmt::format("No IPs available for external network {}", network_id));
}

}  // namespace

void clear_gateway(db::Transaction& tx, const Context& context, RouterRow& router) {
  if (!router.gateway_port_id) return;
  if (has_floating_ips(tx, router)) {
    throw Fault::conflict(fmt::format("Gateway cannot be updated for router {}, since a gateway to "
                                      "external network {} is required by one or more floating "
                                      "IPs.",
                                      router.id, router.gateway_network_id.value_or("")))
        .named("RouterExternalGatewayInUseByFloatingIp");
  }
  if (const auto port = ports().find(tx, *router.gateway_port_id)) {
    delete_port_row(tx, context, *port);
  }
  router.gateway_port_id = router.gateway_network_id = std::nullopt;
  router.external_gateway_info.text = "null";
}

void set_gateway(db::Transaction& tx, const Context& context, const access::Caller& caller,
                 RouterRow& router, const json::Value& info) {
  if (!info.object() || info.object()->empty()) return clear_gateway(tx, context, router);
  const std::string network_id = *info.at({"network_id"})->text();
  const json::Value* snat_asked = info.at({"enable_snat"});
  const bool same = router.gateway_network_id == network_id;
  const bool snat = snat_asked && snat_asked->boolean() ? *snat_asked->boolean()
                                                        : (!same || router.enables_snat());
  const json::Value* addresses = info.at({"external_fixed_ips"});
  if (addresses && addresses->array()->empty()) addresses = nullptr;
  const auto network =
      networks().find(tx, network_id, visible_networks(caller, context.is_admin(caller)));
  if (!network) throw network_not_found(network_id);
  if (!network->external) {
    throw bad_request("router", fmt::format("Network {} is not an external network", network_id));
  }
  if (same) {
    auto port = ports().find(tx, *router.gateway_port_id);
    if (port && addresses) {
      change_fixed_ips(tx, context, *port, *addresses);
      save_port(tx, context, *port);
    }
    if (port) write_info(router, *port, snat);
    return;
  }
  check_apart(tx, router, network_id);
  clear_gateway(tx, context, router);
  const PortRow port = make_gateway_port(tx, context, router, network_id, addresses);
  router.gateway_port_id = port.id;
  router.gateway_network_id = network_id;
  write_info(router, port, snat);
}

}  // namespace haneul::neutron
