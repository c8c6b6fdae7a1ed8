#include <algorithm>
#include <map>

#include "services/neutron/floatingip.h"
#include "services/neutron/logic/desired.h"
#include "services/neutron/neutron_impl.h"

namespace haneul::neutron {
namespace {

constexpr std::size_t kAtOnce = 500;

// Calls `take` with at most kAtOnce of the ids at a time.
template <class F>
void in_parts(const std::vector<std::string>& ids, F&& take) {
  for (std::size_t i = 0; i < ids.size(); i += kAtOnce) {
    const auto first = ids.begin() + static_cast<std::ptrdiff_t>(i);
    take(std::vector<std::string>(
        first, first + static_cast<std::ptrdiff_t>(std::min(kAtOnce, ids.size() - i))));
  }
}

struct NetworkWords {
  std::string name;
  std::int64_t mtu = 0;
};

std::map<std::string, NetworkWords> network_words(db::Session& session,
                                                  const std::vector<PortRow>& rows) {
  std::map<std::string, NetworkWords> words;
  for (const auto& row : rows) words[row.network_id];
  for (auto& [id, word] : words) {
    db::Rows found = session.query("SELECT name, mtu FROM networks WHERE id = ?", {id});
    if (found.next()) word = {found.string(0), found.integer(1)};
  }
  return words;
}

// What stands outside for (port, fixed address).
std::map<std::pair<std::string, std::string>, std::string> floating_of(
    db::Session& session, const std::vector<PortRow>& rows) {
  std::map<std::pair<std::string, std::string>, std::string> out;
  std::vector<std::string> ids;
  for (const auto& row : rows) ids.push_back(row.id);
  in_parts(ids, [&](const std::vector<std::string>& some) {
    for (auto& f : floatingips().list(session, resource::Where().in("port_id", some))) {
      out[{*f.port_id, f.fixed_ip_address.value_or("")}] = f.floating_ip_address;
    }
  });
  return out;
}

NetworkFacts to_facts(const Network& n) {
  NetworkFacts out;
  out.id = n.id;
  out.name = n.name;
  out.project_id = n.project_id;
  out.status = n.status;
  out.mtu = n.mtu;
  out.shared = n.shared;
  out.external = n.external;
  out.admin_state_up = n.admin_state_up;
  out.port_security = n.port_security_enabled;
  out.has_subnets = n.subnets.text != "[]";
  out.physical_network = n.physical_network.value_or("");
  return out;
}

}  // namespace

std::vector<PortFacts> facts_of(db::Session& session, const std::vector<PortRow>& rows) {
  const auto words = network_words(session, rows);
  const auto floating = floating_of(session, rows);
  std::vector<PortFacts> all;
  for (const auto& row : rows) {
    PortFacts p;
    p.id = row.id;
    p.name = row.name;
    p.project_id = row.project_id;
    p.network_id = row.network_id;
    p.network_name = words.at(row.network_id).name;
    p.mtu = words.at(row.network_id).mtu;
    p.mac_address = row.mac_address;
    p.device_id = row.device_id;
    p.device_owner = row.device_owner;
    p.host = row.host_id;
    p.status = row.status;
    p.vnic_type = row.vnic_type;
    p.admin_state_up = row.admin_state_up;
    p.made_for_device = row.made_for_device;
    p.port_security = row.port_security_enabled;
    p.security_groups = texts_of(row.security_groups);
    for (auto& f : fixed_addresses(row)) {
      const auto outer = floating.find({row.id, f.ip_address});
      const int version = f.ip_address.find(':') == std::string::npos ? 4 : 6;
      p.addresses.push_back({std::move(f.subnet_id), std::move(f.ip_address),
                             outer == floating.end() ? "" : outer->second, version});
    }
    all.push_back(std::move(p));
  }
  return all;
}

std::vector<NetworkFacts> Neutron::available_networks(db::Session& session,
                                                      const access::Caller& caller) const {
  const std::string& project = caller.project_id.text;
  resource::Where where;
  where.and_(
      "project_id = ? OR shared = 1 OR id IN (SELECT object_id FROM rbac_policies WHERE"
      " target_project = ? AND action = 'access_as_shared')",
      {project, project});
  std::vector<NetworkFacts> out;
  for (const auto& n : networks().list(session, where)) out.push_back(to_facts(n));
  return out;
}

std::optional<NetworkFacts> Neutron::network(db::Session& session, const access::Caller& caller,
                                             std::string_view id) const {
  const auto found =
      networks().find(session, id, visible_networks(caller, impl_->context.is_admin(caller)));
  return found ? std::optional(to_facts(*found)) : std::nullopt;
}

std::optional<PortFacts> Neutron::port(db::Session& session, const access::Caller& caller,
                                       std::string_view id) const {
  const auto found =
      ports().find(session, id, visible_ports(caller, impl_->context.is_admin(caller)));
  if (!found) return std::nullopt;
  return std::move(facts_of(session, {*found}).front());
}

std::vector<SecurityGroupFacts> Neutron::security_groups(db::Session& session,
                                                         const access::Caller& caller,
                                                         std::string_view id_or_name) const {
  std::vector<SecurityGroupFacts> out;
  const std::string& project = caller.project_id.text;
  for (const std::string_view column : {"id", "name"}) {
    resource::Where where;
    if (!id_or_name.empty()) where.equals(column, id_or_name);
    where.and_("project_id = ? OR shared = 1", {project});
    for (auto& g : neutron::security_groups().list(session, where)) {
      out.push_back({std::move(g.id), std::move(g.name), std::move(g.description)});
    }
    if (!out.empty()) break;
  }
  return out;
}

std::vector<PortFacts> Neutron::ports_of(db::Session& session,
                                         std::span<const std::string> device_ids) const {
  std::vector<PortRow> rows;
  in_parts({device_ids.begin(), device_ids.end()}, [&](const std::vector<std::string>& some) {
    resource::Page page;
    page.where.in("device_id", some);
    page.order = {{"created_at", false}};
    for (auto& row : ports().list(session, page)) rows.push_back(std::move(row));
  });
  return facts_of(session, rows);
}

bool Neutron::is_up(db::Session& session, std::string_view port_id) const {
  return session.text("SELECT status FROM ports WHERE id = ?", {port_id}) == "ACTIVE";
}

std::optional<net::Port> Neutron::wiring(db::Session& session, std::string_view port_id) const {
  return desired_port(session, port_id);
}

std::optional<net::SecurityGroup> Neutron::security_group_wiring(db::Session& session,
                                                                 std::string_view id) const {
  return desired_security_group(session, id);
}

std::optional<net::Network> Neutron::network_wiring(db::Session& session,
                                                    std::string_view id) const {
  return desired_network(session, id);
}

std::vector<SubnetFacts> Neutron::subnets(db::Session& session,
                                          std::span<const std::string> ids) const {
  std::vector<SubnetFacts> out;
  in_parts({ids.begin(), ids.end()}, [&](const std::vector<std::string>& some) {
    for (auto& s : neutron::subnets().list(session, resource::Where().in("id", some))) {
      SubnetFacts f;
      f.id = s.id;
      f.network_id = s.network_id;
      f.name = s.name;
      f.cidr = s.cidr;
      f.gateway_ip = s.gateway_ip.value_or("");
      f.ip_version = static_cast<int>(s.ip_version);
      f.enable_dhcp = s.enable_dhcp;
      f.ipv6_address_mode = s.ipv6_address_mode.value_or("");
      f.ipv6_ra_mode = s.ipv6_ra_mode.value_or("");
      f.dns_nameservers = texts_of(s.dns_nameservers);
      const json::Value routes = s.host_routes.value();
      for (const auto& r : *routes.array()) {
        f.host_routes.push_back({*r.at({"destination"})->text(), *r.at({"nexthop"})->text()});
      }
      out.push_back(std::move(f));
    }
  });
  return out;
}

std::optional<PortFacts> Neutron::port_by_address(db::Session& session, std::string_view network_id,
                                                  std::string_view ip_address) const {
  const auto id =
      session.text("SELECT port_id FROM ip_allocations WHERE ip_address = ? AND network_id = ?",
                   {ip_address, network_id});
  const auto row = id ? ports().find(session, *id) : std::nullopt;
  if (!row) return std::nullopt;
  return std::move(facts_of(session, {*row}).front());
}

std::vector<std::string> Neutron::networks_on(db::Session& session, std::string_view host) const {
  std::vector<std::string> ids;
  db::Rows rows = session.query("SELECT DISTINCT network_id FROM ports WHERE host_id = ?", {host});
  while (rows.next()) ids.push_back(rows.string(0));
  return ids;
}

}  // namespace haneul::neutron
