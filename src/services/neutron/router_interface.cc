#include <algorithm>

#include <fmt/format.h>

#include "resource/call.h"
#include "resource/crud.h"
#include "services/neutron/errors.h"
#include "services/neutron/router.h"

namespace haneul::neutron {
namespace {

Fault bad(std::string_view why) {
  return bad_request("router", why);
}

// A new subnet must not meet any that the router has, nor be there twice.
void check_apart(db::Session& session, const RouterRow& router, const Subnet& subnet) {
  auto attached = interfaces_of(session, router.id);
  if (router.gateway_port_id) {
    if (auto gateway = ports().find(session, *router.gateway_port_id)) {
      attached.push_back(std::move(*gateway));
    }
  }
  for (const auto& port : attached) {
    for (const auto& fixed : fixed_addresses(port)) {
      if (fixed.subnet_id == subnet.id) {
        throw bad(fmt::format("Router already has a port on subnet {}", subnet.id));
      }
      const auto other = subnets().find(session, fixed.subnet_id);
      if (!other || !parse_prefix(other->cidr)->overlaps(*parse_prefix(subnet.cidr))) continue;
      throw bad(fmt::format("Cidr {} of subnet {} overlaps with cidr {} of subnet {}", subnet.cidr,
                            subnet.id, other->cidr, other->id));
    }
  }
}

InterfaceInfo info_of(const PortRow& port, std::string_view subnet_id) {
  InterfaceInfo info{port.id, port.network_id, std::string(subnet_id), {}};
  for (const auto& fixed : fixed_addresses(port)) info.subnet_ids.push_back(fixed.subnet_id);
  if (info.subnet_id.empty() && !info.subnet_ids.empty()) info.subnet_id = info.subnet_ids.front();
  return info;
}

// IPv6 subnets of one network share the router's port there.
std::optional<PortRow> shared_v6_port(db::Session& session, const RouterRow& router,
                                      const Subnet& subnet) {
  if (subnet.ip_version != 6) return std::nullopt;
  for (auto& port : interfaces_of(session, router.id)) {
    if (port.network_id != subnet.network_id) continue;
    const auto addresses = fixed_addresses(port);
    const bool six = std::any_of(addresses.begin(), addresses.end(), [](const FixedAddress& f) {
      return f.ip_address.find(':') != std::string::npos;
    });
    if (six) return std::move(port);
  }
  return std::nullopt;
}

// upstream: openstack/neutron:neutron/db/l3_db.py _confirm_router_interface_not_in_use
void check_unneeded(db::Session& session, const RouterRow& router, const PortRow& port,
                    std::string_view subnet_id) {
  const auto floating = session.integer(
      "SELECT 1 FROM floatingips f JOIN ip_allocations a ON a.port_id = f.port_id"
      " AND a.ip_address = f.fixed_ip_address WHERE f.router_id = ? AND a.subnet_id = ? LIMIT 1",
      {router.id, subnet_id});
  if (floating) {
    throw Fault::conflict(fmt::format("Router interface for subnet {} on router {} cannot be "
                                      "deleted, as it is required by one or more floating IPs.",
                                      subnet_id, router.id))
        .named("RouterInterfaceInUseByFloatingIP");
  }
  const auto subnet = subnets().find(session, subnet_id);
  const json::Value routes = router.routes.value();
  for (const auto& route : *routes.array()) {
    const Address hop = *parse_address(*route.at({"nexthop"})->text());
    if (!subnet || !parse_prefix(subnet->cidr)->contains(hop)) continue;
    throw Fault::conflict(fmt::format("Router interface for subnet {} on router {} cannot be "
                                      "deleted, as it is required by one or more routes.",
                                      subnet_id, port.device_id))
        .named("RouterInterfaceInUseByRoute");
  }
}

Fault no_interface_on(const RouterRow& router, std::string_view subnet_id) {
  return Fault::not_found(
             fmt::format("Router {} has no interface on subnet {}", router.id, subnet_id))
      .named("RouterInterfaceNotFoundForSubnet");
}

InterfaceInfo detach(db::Transaction& tx, const Context& context, RouterRow& router, PortRow port,
                     const std::vector<std::string>& subnet_ids) {
  for (const auto& id : subnet_ids) check_unneeded(tx, router, port, id);
  InterfaceInfo info = info_of(port, subnet_ids.front());
  info.subnet_ids = subnet_ids;
  if (fixed_addresses(port).size() > subnet_ids.size()) {
    json::Array kept;
    for (const auto& fixed : fixed_addresses(port)) {
      if (fixed.subnet_id == subnet_ids.front()) continue;
      kept.push_back(
          json::Object{{"subnet_id", fixed.subnet_id}, {"ip_address", fixed.ip_address}});
    }
    change_fixed_ips(tx, context, port, json::Value(std::move(kept)));
    save_port(tx, context, port);
  } else {
    delete_port_row(tx, context, port);
  }
  save_router(tx, context, router);
  return info;
}

}  // namespace

InterfaceInfo add_interface_by_subnet(db::Transaction& tx, const Context& context,
                                      const access::Caller& caller, RouterRow& router,
                                      std::string_view subnet_id) {
  const bool admin = context.is_admin(caller);
  const auto subnet = subnets().find(tx, subnet_id, rows_on_visible_networks(caller, admin, false));
  if (!subnet) throw subnet_not_found(subnet_id);
  if (!subnet->gateway_ip) throw bad("Subnet for router interface must have a gateway IP");
  check_apart(tx, router, *subnet);
  const json::Value wish(
      json::Object{{"subnet_id", subnet->id}, {"ip_address", *subnet->gateway_ip}});
  if (auto port = shared_v6_port(tx, router, *subnet)) {
    json::Array wanted = *port->fixed_ips.value().array();
    wanted.push_back(wish);
    change_fixed_ips(tx, context, *port, json::Value(std::move(wanted)));
    save_port(tx, context, *port);
    save_router(tx, context, router);
    return info_of(*port, subnet->id);
  }
  PortRow port;
  port.project_id = router.project_id;
  port.network_id = subnet->network_id;
  port.device_owner = kInterfaceOwner;
  port.device_id = router.id;
  const json::Value wishes(json::Array{wish});
  make_own_port(tx, context, port, &wishes);
  save_router(tx, context, router);
  return info_of(port, subnet->id);
}

InterfaceInfo add_interface_by_port(db::Transaction& tx, const Context& context,
                                    const access::Caller& caller, RouterRow& router,
                                    std::string_view port_id) {
  auto port = ports().find(tx, port_id, visible_ports(caller, context.is_admin(caller)));
  if (!port) throw port_not_found(port_id);
  if (!port->device_id.empty()) {
    throw Fault::conflict(
        fmt::format("Unable to complete operation on port {} for network {}. Port "
                    "already has an attached device {}.",
                    port->id, port->network_id, port->device_id))
        .named("PortInUse");
  }
  const auto addresses = fixed_addresses(*port);
  if (addresses.empty()) throw bad("Router port must have at least one fixed IP");
  const auto fours = std::count_if(addresses.begin(), addresses.end(), [](const FixedAddress& f) {
    return f.ip_address.find(':') == std::string::npos;
  });
  if (fours > 1) throw bad("Cannot have multiple IPv4 subnets on router port");
  for (const auto& fixed : addresses) check_apart(tx, router, *subnets().find(tx, fixed.subnet_id));
  port->device_id = router.id;
  port->device_owner = kInterfaceOwner;
  const json::Value no_groups(json::Array{});
  PortWishes wishes;
  wishes.security_groups = &no_groups;
  set_security(tx, context, *port, wishes);
  save_port(tx, context, *port);
  save_router(tx, context, router);
  return info_of(*port, "");
}

InterfaceInfo remove_interface(db::Transaction& tx, const Context& context, RouterRow& router,
                               const std::optional<std::string>& subnet_id,
                               const std::optional<std::string>& port_id) {
  if (port_id) {
    const auto port = ports().find(tx, *port_id);
    if (!port || port->device_id != router.id || port->device_owner != kInterfaceOwner) {
      throw Fault::not_found(
          fmt::format("Router {} does not have an interface with id {}", router.id, *port_id))
          .named("RouterInterfaceNotFound");
    }
    std::vector<std::string> ids;
    for (const auto& fixed : fixed_addresses(*port)) ids.push_back(fixed.subnet_id);
    if (subnet_id && std::find(ids.begin(), ids.end(), *subnet_id) == ids.end()) {
      throw Fault::bad_request(fmt::format("Subnet on port {} does not match the requested subnet "
                                           "{}.",
                                           *port_id, *subnet_id))
          .named("SubnetMismatchForPort");
    }
    if (ids.empty()) ids.emplace_back();
    return detach(tx, context, router, *port, ids);
  }
  for (const auto& port : interfaces_of(tx, router.id)) {
    for (const auto& fixed : fixed_addresses(port)) {
      if (fixed.subnet_id == *subnet_id) return detach(tx, context, router, port, {*subnet_id});
    }
  }
  throw no_interface_on(router, *subnet_id);
}

}  // namespace haneul::neutron
