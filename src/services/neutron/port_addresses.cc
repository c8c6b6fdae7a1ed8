#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/id.h"
#include "services/neutron/errors.h"
#include "services/neutron/ipam.h"
#include "services/neutron/port.h"

namespace haneul::neutron {
namespace {

bool is_router_port(const PortRow& port) {
  return port.device_owner == kInterfaceOwner || port.device_owner == kGatewayOwner ||
         port.device_owner == kDistributedOwner;
}

// Subnets with service types are for ports of such an owner, and come first for them.
// upstream: openstack/neutron:neutron/objects/subnet.py find_candidate_subnets
std::vector<Subnet> candidates(db::Session& session, const PortRow& port) {
  std::vector<Subnet> special, general;
  auto all = subnets_of(session, port.network_id);
  const bool had_any = !all.empty();
  for (auto& subnet : all) {
    const auto types = texts_of(subnet.service_types);
    if (types.empty()) {
      general.push_back(std::move(subnet));
    } else if (std::find(types.begin(), types.end(), port.device_owner) != types.end() ||
               port.device_owner == kDistributedOwner) {
      special.push_back(std::move(subnet));
    }
  }
  special.insert(special.end(), general.begin(), general.end());
  if (had_any && special.empty()) {
    throw Fault::conflict(fmt::format("No valid service subnet for the given device owner, network "
                                      "{}, service type {}.",
                                      port.network_id, port.device_owner))
        .named("IpAddressGenerationFailureNoMatchingSubnet");
  }
  return special;
}

// The row's list while it is being made.
class Held {
 public:
  explicit Held(PortRow& port) : port_(port), list_(fixed_addresses(port)) {}
  void add(const Subnet& subnet, const Address& address) {
    list_.push_back({subnet.id, to_text(address)});
  }
  bool has_subnet(std::string_view subnet_id) const {
    return std::any_of(list_.begin(), list_.end(),
                       [&](const FixedAddress& f) { return f.subnet_id == subnet_id; });
  }
  void store() const {
    json::Writer w;
    w.begin_array();
    for (const auto& f : list_) {
      w.begin_object().member("subnet_id", f.subnet_id).member("ip_address", f.ip_address);
      w.end_object();
    }
    w.end_array();
    port_.fixed_ips.text = w.take();
  }

 private:
  PortRow& port_;
  std::vector<FixedAddress> list_;
};

const Subnet& subnet_for(const std::vector<Subnet>& subnets, const PortRow& port,
                         const std::optional<std::string>& subnet_id,
                         const std::optional<Address>& address) {
  if (!subnet_id && !address) {
    throw invalid_input("IP allocation requires subnet_id or ip_address");
  }
  const bool router = is_router_port(port);
  for (const Subnet& s : subnets) {
    if (subnet_id && s.id != *subnet_id) continue;
    const bool fits = !address || is_valid_in_subnet(*parse_prefix(s.cidr), *address, router);
    if (fits) return s;
    if (subnet_id) {
      throw Fault::bad_request(fmt::format("IP address {} is not a valid IP for the specified "
                                           "subnet.",
                                           to_text(*address)))
          .named("InvalidIpForSubnet");
    }
  }
  if (subnet_id) {
    throw invalid_input(
        fmt::format("Failed to create port on network {}, because fixed_ips "
                    "included invalid subnet {}",
                    port.network_id, *subnet_id));
  }
  throw Fault::bad_request(fmt::format("IP address {} is not a valid IP for any of the subnets on "
                                       "the specified network.",
                                       to_text(*address)))
      .named("InvalidIpForNetwork");
}

[[noreturn]] void already_allocated(const Subnet& subnet, const Address& address) {
  throw Fault::conflict(
      fmt::format("IP address {} already allocated in subnet {}", to_text(address), subnet.id))
      .named("IpAddressAlreadyAllocated");
}

void take_given(db::Transaction& tx, const PortRow& port, const Subnet& subnet,
                const Address& address, Held& held) {
  if (is_auto_addressed(subnet) && !is_router_port(port) &&
      address != eui64(*parse_prefix(subnet.cidr), port.mac_address)) {
    throw Fault::bad_request(fmt::format("IPv6 address {} cannot be directly assigned to a port on "
                                         "subnet {} as the subnet is configured for automatic "
                                         "addresses",
                                         to_text(address), subnet.id))
        .named("AllocationOnAutoAddressSubnet");
  }
  if (!take_address(tx, subnet, address, port.id)) already_allocated(subnet, address);
  held.add(subnet, address);
}

void take_own(db::Transaction& tx, const PortRow& port, const Subnet& subnet, Held& held) {
  const Address address = eui64(*parse_prefix(subnet.cidr), port.mac_address);
  if (!take_address(tx, subnet, address, port.id)) already_allocated(subnet, address);
  held.add(subnet, address);
}

std::optional<Address> any_address(db::Transaction& tx, const PortRow& port, const Subnet& subnet) {
  if (!is_auto_addressed(subnet)) return allocate_address(tx, subnet, port.id);
  const Address own = eui64(*parse_prefix(subnet.cidr), port.mac_address);
  return take_address(tx, subnet, own, port.id) ? std::optional(own) : std::nullopt;
}

// One wish of the list: an address, a subnet, or both.
void grant(db::Transaction& tx, const std::vector<Subnet>& subnets, const PortRow& port,
           const json::Object& wish, Held& held) {
  const json::Value* subnet_value = wish.find("subnet_id");
  const json::Value* address_value = wish.find("ip_address");
  std::optional<std::string> subnet_id;
  std::optional<Address> address;
  if (subnet_value && subnet_value->text()) subnet_id = *subnet_value->text();
  if (address_value && address_value->text()) address = parse_address(*address_value->text());
  const Subnet& subnet = subnet_for(subnets, port, subnet_id, address);
  if (address) return take_given(tx, port, subnet, *address, held);
  if (is_auto_addressed(subnet) && !is_router_port(port)) return;  // they come by themselves
  const auto free = any_address(tx, port, subnet);
  if (!free) throw no_more_addresses(port.network_id);
  held.add(subnet, *free);
}

// One address of each family where addresses are given out.
void grant_one_of_each(db::Transaction& tx, const std::vector<Subnet>& subnets, const PortRow& port,
                       Held& held) {
  for (const int version : {4, 6}) {
    bool tried = false, done = false;
    for (const Subnet& subnet : subnets) {
      if (done || subnet.ip_version != version || is_auto_addressed(subnet)) continue;
      tried = true;
      if (const auto free = allocate_address(tx, subnet, port.id)) {
        held.add(subnet, *free);
        done = true;
      }
    }
    if (tried && !done) throw no_more_addresses(port.network_id);
  }
}

void check_count(const Context& context, const PortRow& port, const json::Array& wanted) {
  const bool limited = !port.device_owner.starts_with("network:");
  if (!limited ||
      static_cast<std::int64_t>(wanted.size()) <= context.options.fixed_ips_per_port_max) {
    return;
  }
  throw invalid_input("Exceeded maximum amount of fixed ips per port.");
}

std::string domain_of(db::Session& session, std::string_view network_id) {
  return session.text("SELECT dns_domain FROM networks WHERE id = ?", {network_id}).value_or("");
}

}  // namespace

std::vector<FixedAddress> fixed_addresses(const PortRow& port) {
  std::vector<FixedAddress> out;
  const auto value = port.fixed_ips.value();
  for (const auto& item : *value.array()) {
    const json::Value* subnet = item.at({"subnet_id"});
    const json::Value* address = item.at({"ip_address"});
    if (subnet && address) out.push_back({*subnet->text(), *address->text()});
  }
  return out;
}

void allocate_fixed_ips(db::Transaction& tx, const Context& context, const Network& network,
                        PortRow& port, const json::Value* wanted) {
  const bool wants_none = wanted && wanted->array()->empty();
  Held held(port);
  if (!wants_none) {
    const auto subnets = candidates(tx, port);
    if (wanted) {
      check_count(context, port, *wanted->array());
      for (const auto& wish : *wanted->array()) grant(tx, subnets, port, *wish.object(), held);
    } else {
      grant_one_of_each(tx, subnets, port, held);
    }
    for (const Subnet& subnet : subnets) {
      if (!is_auto_addressed(subnet) || is_router_port(port) || held.has_subnet(subnet.id))
        continue;
      take_own(tx, port, subnet, held);
    }
  }
  held.store();
  refresh_dns(context, port, network.dns_domain);
}

namespace {

bool names_address(const json::Array& wanted, const FixedAddress& held) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const json::Value& wish) {
    const json::Value* address = wish.at({"ip_address"});
    const json::Value* subnet = wish.at({"subnet_id"});
    if (address) return *address->text() == held.ip_address;
    return subnet && *subnet->text() == held.subnet_id;
  });
}

bool is_met_by(const json::Value& wish, const FixedAddress& held) {
  const json::Value* address = wish.at({"ip_address"});
  if (address) return *address->text() == held.ip_address;
  const json::Value* subnet = wish.at({"subnet_id"});
  return subnet && *subnet->text() == held.subnet_id;
}

}  // namespace

void change_fixed_ips(db::Transaction& tx, const Context& context, PortRow& port,
                      const json::Value& wanted) {
  check_count(context, port, *wanted.array());
  std::vector<FixedAddress> kept;
  json::Array open = *wanted.array();
  for (const auto& held : fixed_addresses(port)) {
    const auto met = std::find_if(open.begin(), open.end(),
                                  [&](const json::Value& wish) { return is_met_by(wish, held); });
    const auto subnet = subnets().find(tx, held.subnet_id);
    const bool stays = subnet && is_auto_addressed(*subnet) && !is_router_port(port);
    if (met != open.end()) open.erase(met);
    if (stays || names_address(*wanted.array(), held)) {
      kept.push_back(held);
    } else {
      release_address(tx, held.subnet_id, *parse_address(held.ip_address));
    }
  }
  port.fixed_ips.text = "[]";
  Held held(port);
  const auto subnets_here = subnets_of(tx, port.network_id);
  for (const auto& f : kept) {
    for (const auto& s : subnets_here) {
      if (s.id == f.subnet_id) held.add(s, *parse_address(f.ip_address));
    }
  }
  const auto usable = open.empty() ? std::vector<Subnet>{} : candidates(tx, port);
  for (const auto& wish : open) grant(tx, usable, port, *wish.object(), held);
  held.store();
  refresh_dns(context, port, domain_of(tx, port.network_id));
}

// upstream: openstack/neutron:neutron/plugins/ml2/extensions/dns_integration.py
void refresh_dns(const Context& context, PortRow& port, std::string_view network_domain) {
  const std::string domain = network_domain.empty() || port.dns_name.empty()
                                 ? context.options.dns_domain
                                 : std::string(network_domain);
  json::Writer w;
  w.begin_array();
  for (const auto& f : fixed_addresses(port)) {
    std::string host = port.dns_name;
    if (host.empty()) {
      host = "host-" + f.ip_address;
      std::replace(host.begin(), host.end(), '.', '-');
      std::replace(host.begin(), host.end(), ':', '-');
    }
    w.begin_object().member("ip_address", f.ip_address).member("hostname", host);
    w.member("fqdn", host + "." + domain).end_object();
  }
  w.end_array();
  port.dns_assignment.text = w.take();
}

void add_auto_addresses(db::Transaction& tx, const Context& context, const Subnet& subnet) {
  const std::string domain = domain_of(tx, subnet.network_id);
  for (auto& port : ports().list(tx, resource::Where().equals("network_id", subnet.network_id))) {
    if (is_router_port(port)) continue;
    Held held(port);
    take_own(tx, port, subnet, held);
    held.store();
    refresh_dns(context, port, domain);
    save_port(tx, context, port);
  }
}

void drop_addresses_on(db::Transaction& tx, const Context& context, std::string_view subnet_id) {
  std::set<std::string> ids;
  {
    db::Rows rows = tx.query("SELECT port_id FROM ip_allocations WHERE subnet_id = ?", {subnet_id});
    while (rows.next()) ids.insert(rows.string(0));
  }
  tx.execute("DELETE FROM ip_allocations WHERE subnet_id = ?", {subnet_id});
  for (const auto& id : ids) {
    auto port = ports().find(tx, id);
    if (!port) continue;
    const auto had = fixed_addresses(*port);
    json::Array left;
    for (const auto& f : had) {
      if (f.subnet_id == subnet_id) continue;
      left.push_back(json::Object{{"subnet_id", f.subnet_id}, {"ip_address", f.ip_address}});
    }
    port->fixed_ips = JsonText::of(left);
    refresh_dns(context, *port, domain_of(tx, port->network_id));
    save_port(tx, context, *port);
  }
}

void refresh_dhcp_port(db::Transaction& tx, const Context& context, std::string_view network_id) {
  json::Array wanted;
  for (const Subnet& s : subnets_of(tx, network_id)) {
    if (s.enable_dhcp) wanted.push_back(json::Object{{"subnet_id", s.id}});
  }
  resource::Where where;
  where.equals("network_id", network_id).equals("device_owner", kDistributedOwner);
  auto port = ports().first(tx, where);
  if (wanted.empty()) {
    if (port) delete_port_row(tx, context, *port);
    mark_dirty(tx, context, net::Kind::network, network_id);
    return;
  }
  if (!port) {
    const auto network = networks().find(tx, network_id);
    PortRow fresh;
    fresh.project_id = network->project_id;
    fresh.network_id = network_id;
    fresh.device_owner = kDistributedOwner;
    fresh.device_id = "ovnmeta-" + std::string(network_id);
    const json::Value wishes(std::move(wanted));
    make_own_port(tx, context, fresh, &wishes);
  } else {
    change_fixed_ips(tx, context, *port, json::Value(std::move(wanted)));
    save_port(tx, context, *port);
  }
  mark_dirty(tx, context, net::Kind::network, network_id);
}

}  // namespace haneul::neutron
