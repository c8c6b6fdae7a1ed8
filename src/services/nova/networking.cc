#include "services/nova/networking.h"

#include <algorithm>

#include <fmt/format.h>

#include "json/writer.h"
#include "services/neutron/neutron.h"

namespace haneul::nova {
namespace {

using resource::Call;

// "auto", or nothing said: the one network there is.
// upstream: openstack/nova:nova/network/neutron.py (validate_networks)
std::vector<NetworkWish> only_network(const Call& call, Cloud& cloud, db::Session& session) {
  auto networks = cloud.neutron.available_networks(session, call.caller());
  std::erase_if(networks, [](const neutron::NetworkFacts& n) { return !n.has_subnets; });
  if (networks.size() > 1) {
    throw Fault::conflict(
        "Multiple possible networks found, use a Network ID to be more specific.");
  }
  if (networks.empty()) return {};
  return {{.network_id = networks.front().id}};
}

void check_network(const Call& call, Cloud& cloud, db::Session& session, const NetworkWish& wish) {
  const auto network = cloud.neutron.network(session, call.caller(), wish.network_id);
  if (!network) {
    throw Fault::bad_request(fmt::format("Network {} could not be found.", wish.network_id));
  }
  if (!network->has_subnets && network->port_security) {
    throw Fault::bad_request(fmt::format(
        "Network {} requires a subnet in order to boot instances on.", wish.network_id));
  }
  if (network->external && !call.allowed("network:attach_external_network")) {
    throw Fault::forbidden(fmt::format(
        "It is not allowed to create an interface on external network {}", wish.network_id));
  }
}

void check_port(const Call& call, Cloud& cloud, db::Session& session, const NetworkWish& wish) {
  const auto port = cloud.neutron.port(session, call.caller(), wish.port_id);
  if (!port) throw Fault::bad_request(fmt::format("Port id {} could not be found.", wish.port_id));
  if (!port->device_id.empty()) {
    throw Fault::conflict(fmt::format("Port {} is still in use.", wish.port_id));
  }
  if (port->addresses.empty()) {
    throw Fault::bad_request(
        fmt::format("Port {} requires a FixedIP in order to be used.", wish.port_id));
  }
}

// The groups of these names or ids; none if only the default one is meant.
std::vector<neutron::SecurityGroupFacts> find_groups(const Call& call, Cloud& cloud,
                                                     db::Session& session,
                                                     const std::vector<std::string>& names) {
  std::vector<neutron::SecurityGroupFacts> groups;
  for (const auto& name : names) {
    if (name == "default" && names.size() == 1) return {};
    groups.push_back(security_group_named(call, cloud, session, name, Fault::Kind::bad_request));
  }
  return groups;
}

void write_address(json::Writer& w, const neutron::PortFacts& port, std::string_view address,
                   int version, std::string_view type) {
  w.begin_object().member("version", version).member("addr", address);
  w.member("OS-EXT-IPS:type", type).member("OS-EXT-IPS-MAC:mac_addr", port.mac_address);
  w.end_object();
}

// {"private": [{…}, …]} with networks in the order their ports were made.
std::string addresses_json(const std::vector<neutron::PortFacts>& ports) {
  std::vector<std::string_view> networks;
  for (const auto& p : ports) {
    if (std::find(networks.begin(), networks.end(), p.network_name) == networks.end()) {
      networks.push_back(p.network_name);
    }
  }
  json::Writer w;
  w.begin_object();
  for (const auto name : networks) {
    w.key(name).begin_array();
    for (const auto& p : ports) {
      if (p.network_name != name) continue;
      for (const auto& a : p.addresses) {
        write_address(w, p, a.ip_address, a.version, "fixed");
        if (!a.floating_ip.empty()) write_address(w, p, a.floating_ip, 4, "floating");
      }
    }
    w.end_array();
  }
  w.end_object();
  return w.take();
}

std::string groups_json(const std::vector<std::string>& names) {
  json::Writer w;
  w.begin_array();
  for (const auto& name : names) w.begin_object().member("name", name).end_object();
  w.end_array();
  return w.take();
}

}  // namespace

neutron::SecurityGroupFacts security_group_named(const Call& call, Cloud& cloud,
                                                 db::Session& session, const std::string& name,
                                                 Fault::Kind absent) {
  auto found = cloud.neutron.security_groups(session, call.caller(), name);
  if (found.empty()) throw Fault(absent, fmt::format("Security group {} not found.", name));
  if (found.size() > 1) {
    throw Fault::conflict(fmt::format(
        "Multiple security groups found matching '{}'. Use an ID to be more specific.", name));
  }
  return std::move(found.front());
}

std::vector<NetworkWish> resolve_networks(const Call& call, Cloud& cloud, db::Session& session,
                                          const ServerForm& form) {
  if (form.networking == ServerForm::Networking::none) return {};
  if (form.networking == ServerForm::Networking::automatic) {
    return only_network(call, cloud, session);
  }
  for (const NetworkWish& wish : form.networks) {
    if (wish.port_id.empty()) {
      check_network(call, cloud, session, wish);
    } else {
      check_port(call, cloud, session, wish);
    }
  }
  const bool shared_wish =
      form.max_count > 1 &&
      std::any_of(form.networks.begin(), form.networks.end(),
                  [](const NetworkWish& w) { return !w.port_id.empty() || !w.fixed_ip.empty(); });
  if (shared_wish) {
    throw Fault::bad_request(
        "Unable to launch multiple instances with a single configured port ID "
        "or fixed IP. Please launch your instance one by one.");
  }
  return form.networks;
}

void attach_ports(const Call& call, Cloud& cloud, db::Transaction& tx, Server& server,
                  const std::vector<NetworkWish>& networks,
                  const std::vector<std::string>& security_groups) {
  if (networks.empty()) return;
  std::vector<std::string> names, ids;
  for (auto& group : find_groups(call, cloud, tx, security_groups)) {
    names.push_back(std::move(group.name));
    ids.push_back(std::move(group.id));
  }
  neutron::NewPort wish{.security_groups = std::move(ids),
                        .device_id = server.id,
                        .device_owner = "compute:" + server.availability_zone.value_or("nova"),
                        .host = server.host.value_or(""),
                        .dns_name = server.hostname};
  std::vector<neutron::PortFacts> ports;
  for (const NetworkWish& n : networks) {
    wish.network_id = n.network_id;
    wish.fixed_ip = n.fixed_ip;
    ports.push_back(n.port_id.empty() ? cloud.neutron.create_port(tx, call.caller(), wish)
                                      : cloud.neutron.use_port(tx, call.caller(), n.port_id, wish));
  }
  server.addresses = addresses_json(ports);
  server.security_groups = groups_json(names.empty() ? std::vector<std::string>{"default"} : names);
}

void release_ports(Cloud& cloud, db::Transaction& tx, const Server& server) {
  cloud.neutron.release_ports_of(tx, server.id);
}

std::vector<Plug> plugs_of(Cloud& cloud, db::Session& session, const std::string& server_id) {
  std::vector<Plug> plugs;
  for (const auto& facts : cloud.neutron.ports_of(session, std::span(&server_id, 1))) {
    auto port = cloud.neutron.wiring(session, facts.id);
    if (port) plugs.push_back({std::move(*port), facts.mtu});
  }
  return plugs;
}

bool refresh_addresses(Cloud& cloud, db::Session& session, Server& server) {
  auto fresh = addresses_json(cloud.neutron.ports_of(session, std::span(&server.id, 1)));
  if (fresh == server.addresses) return false;
  server.addresses = std::move(fresh);
  return true;
}

}  // namespace haneul::nova
