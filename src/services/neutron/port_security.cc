#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "services/neutron/errors.h"
#include "services/neutron/port.h"
#include "services/neutron/security_group.h"

namespace haneul::neutron {
namespace {

void bind_groups(db::Transaction& tx, const PortRow& port, const std::vector<std::string>& groups) {
  tx.execute("DELETE FROM security_group_bindings WHERE port_id = ?", {port.id});
  for (const auto& group : groups) {
    tx.execute("INSERT INTO security_group_bindings (port_id, security_group_id) VALUES (?, ?)",
               {port.id, group});
  }
}

// Groups of the port's own project, shared ones and, for admins' ports, whatever there is.
void check_groups(db::Session& session, const PortRow& port, const std::vector<std::string>& ids) {
  std::string missing;
  for (const auto& id : ids) {
    const auto seen = session.integer(
        "SELECT 1 FROM security_groups WHERE id = ? AND (project_id = ? OR shared = 1)",
        {id, port.project_id});
    if (!seen) missing += (missing.empty() ? "" : ", ") + id;
  }
  if (!missing.empty()) throw security_group_not_found(missing);
}

}  // namespace

void set_security(db::Transaction& tx, const Context& context, PortRow& port,
                  const PortWishes& wishes) {
  std::vector<std::string> groups;
  const bool trusted = port.device_owner.starts_with("network:");
  if (wishes.port_security && wishes.port_security->boolean()) {
    port.port_security_enabled = *wishes.port_security->boolean();
  }
  if (trusted) port.port_security_enabled = false;
  if (wishes.security_groups && wishes.security_groups->array()) {
    for (const auto& id : *wishes.security_groups->array()) groups.push_back(*id.text());
    std::sort(groups.begin(), groups.end());
    if (!groups.empty() && !port.port_security_enabled && !trusted) {
      throw Fault::bad_request(
          "Port security must be enabled and port must have an IP address in "
          "order to use security groups.")
          .named("PortSecurityAndIPRequiredForSecurityGroups");
    }
    check_groups(tx, port, groups);
  } else if (port.port_security_enabled) {
    groups.push_back(ensure_default_group(tx, context, port.project_id));
  }
  port.security_groups = json_of(groups);
  bind_groups(tx, port, groups);
}

void check_address_pairs(PortRow& port) {
  auto value = port.allowed_address_pairs.value();
  if (value.array()->empty()) return;
  if (!port.port_security_enabled) {
    throw Fault::conflict(
        "Port Security must be enabled in order to have allowed address pairs on "
        "a port.")
        .named("AddressPairAndPortSecurityRequired");
  }
  std::set<std::pair<std::string, std::string>> seen;
  json::Array pairs;
  for (const auto& item : *value.array()) {
    const json::Value* mac = item.at({"mac_address"});
    const std::string address = *item.at({"ip_address"})->text();
    const std::string mac_text = mac && mac->text() ? *mac->text() : port.mac_address;
    if (!seen.emplace(mac_text, address).second) {
      throw Fault::bad_request(fmt::format("Request contains duplicate address pair: mac_address "
                                           "{} ip_address {}.",
                                           mac_text, address))
          .named("DuplicateAddressPairInRequest");
    }
    pairs.push_back(json::Object{{"mac_address", mac_text}, {"ip_address", address}});
  }
  port.allowed_address_pairs = JsonText::of(pairs);
}

}  // namespace haneul::neutron
