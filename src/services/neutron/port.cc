#include "services/neutron/port.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "resource/call.h"
#include "resource/dialect.h"
#include "services/neutron/errors.h"
#include "services/neutron/floatingip.h"
#include "services/neutron/ipam.h"
#include "services/neutron/security_group.h"
#include "services/neutron/tag.h"

namespace haneul::neutron {
namespace {

using resource::create;
using resource::field;
using resource::show;
using resource::update;

Refusal vnic_type(json::Value& value) {
  static constexpr std::string_view kKnown[] = {"normal",
                                                "direct",
                                                "macvtap",
                                                "baremetal",
                                                "direct-physical",
                                                "virtio-forwarder",
                                                "smart-nic",
                                                "vdpa",
                                                "remote-managed",
                                                "accelerator-direct",
                                                "accelerator-direct-physical"};
  const std::string type = shown(value);
  if (std::find(std::begin(kKnown), std::end(kKnown), type) != std::end(kKnown))
    return std::nullopt;
  return fmt::format("{} is not in valid_values", type);
}

Refusal profile(json::Value& value) {
  if (value.is_null()) value = json::Object{};
  return object_or_null(value);
}

constexpr auto kFields = resource::fields(
    field<&PortRow::id>("id").filter().sort_key(),
    field<&PortRow::name>("name").settable(create | update).max(255).filter().sort_key(),
    field<&PortRow::project_id>("project_id").settable(create).max(255).filter().sort_key(),
    field<&PortRow::network_id>("network_id")
        .checked(uuid)
        .settable(create)
        .required()
        .filter()
        .sort_key(),
    field<&PortRow::mac_address>("mac_address")
        .checked(mac_address)
        .settable(create | update)
        .guarded(create | update)
        .filter()
        .sort_key(),
    field<&PortRow::admin_state_up>("admin_state_up").settable(create | update).filter().sort_key(),
    field<&PortRow::status>("status").filter().sort_key(),
    field<&PortRow::device_id>("device_id")
        .settable(create | update)
        .max(255)
        .guarded(create | update)
        .filter()
        .sort_key(),
    field<&PortRow::device_owner>("device_owner")
        .settable(create | update)
        .max(255)
        .guarded(create | update)
        .filter()
        .sort_key(),
    field<&PortRow::fixed_ips>("fixed_ips")
        .checked(fixed_ips)
        .settable(create | update)
        .guarded(create | update),
    field<&PortRow::allowed_address_pairs>("allowed_address_pairs")
        .checked(address_pairs)
        .settable(create | update)
        .guarded(create | update),
    field<&PortRow::extra_dhcp_opts>("extra_dhcp_opts")
        .checked(extra_dhcp_options)
        .settable(create | update),
    field<&PortRow::security_groups>("security_groups")
        .checked(uuid_list)
        .settable(create | update),
    field<&PortRow::port_security_enabled>("port_security_enabled")
        .settable(create | update)
        .guarded(create | update)
        .filter(),
    field<&PortRow::host_id>("binding:host_id")
        .stored_as("host_id")
        .settable(create | update)
        .max(255)
        .guarded(create | update | show)
        .filter(),
    field<&PortRow::profile>("binding:profile")
        .checked(profile)
        .stored_as("profile")
        .settable(create | update)
        .guarded(create | update | show),
    field<&PortRow::vif_type>("binding:vif_type").stored_as("vif_type").guarded(show).filter(),
    field<&PortRow::vif_details>("binding:vif_details").stored_as("vif_details").guarded(show),
    field<&PortRow::vnic_type>("binding:vnic_type")
        .checked(vnic_type)
        .stored_as("vnic_type")
        .settable(create | update)
        .guarded(create | update)
        .filter(),
    field<&PortRow::description>("description")
        .settable(create | update)
        .max(255)
        .filter()
        .sort_key(),
    field<&PortRow::dns_name>("dns_name").checked(dns_label).settable(create | update).filter(),
    field<&PortRow::dns_assignment>("dns_assignment"),
    field<&PortRow::made_for_device>("made_for_device").hidden(),
    field<&PortRow::tags>("tags").checked(tags).settable(create),
    field<&PortRow::created_at>("created_at").sort_key(),
    field<&PortRow::updated_at>("updated_at").sort_key(),
    field<&PortRow::revision_number>("revision_number").filter().sort_key());
static_assert(resource::complete<PortRow>(kFields));

constexpr resource::Resource kPort{
    .singular = "port",
    .plural = "ports",
    .path = "/v2.0/ports",
    .policy = {"create_port", "get_port", "get_port", "update_port", "delete_port"},
    .quota = "port",
    .event = "port",
    .fields = kFields,
};

// fixed_ips=ip_address=…&fixed_ips=subnet_id=…: one address must meet both.
bool filter_fixed_ips(const std::vector<std::string_view>& values, resource::Page& page) {
  std::string addresses, subnet_ids, parts;
  std::vector<db::Bind> binds[3];
  for (const auto value : values) {
    const auto equals = value.find('=');
    const auto key = value.substr(0, equals);
    if (equals == std::string_view::npos || equals == 0) {
      throw invalid_input(fmt::format("'{}' is not of the form <key>=[value]", value));
    }
    const auto text = value.substr(equals + 1);
    if (key == "ip_address") {
      addresses += addresses.empty() ? "a.ip_address = ?" : " OR a.ip_address = ?";
      binds[0].emplace_back(text);
    } else if (key == "subnet_id") {
      subnet_ids += subnet_ids.empty() ? "a.subnet_id = ?" : " OR a.subnet_id = ?";
      binds[1].emplace_back(text);
    } else if (key == "ip_address_substr") {
      parts += parts.empty() ? "instr(a.ip_address, ?) > 0" : " OR instr(a.ip_address, ?) > 0";
      binds[2].emplace_back(text);
    }
  }
  std::string sql = "id IN (SELECT a.port_id FROM ip_allocations a WHERE 1 = 1";
  for (const auto& part : {addresses, subnet_ids, parts}) {
    if (!part.empty()) sql += fmt::format(" AND ({})", part);
  }
  std::vector<db::Bind> all;
  for (const auto& some : binds) all.insert(all.end(), some.begin(), some.end());
  page.where.and_(sql + ")", all);
  return true;
}

bool filter_port(const resource::Call&, std::string_view key,
                 const std::vector<std::string_view>& values, resource::Page& page) {
  if (key == "fixed_ips") return filter_fixed_ips(values, page);
  if (key != "security_groups") return false;
  std::string marks;
  std::vector<db::Bind> binds;
  for (const auto value : values) {
    marks += marks.empty() ? "?" : ", ?";
    binds.emplace_back(value);
  }
  page.where.and_(fmt::format("id IN (SELECT port_id FROM security_group_bindings WHERE"
                              " security_group_id IN ({}))",
                              marks),
                  binds);
  return true;
}

void before_create(const Context& context, resource::Change& change, PortRow& port) {
  const auto network = networks().find(
      change.tx, port.network_id,
      visible_networks(change.call.caller(), context.is_admin(change.call.caller())));
  if (!network) throw network_not_found(port.network_id);
  const PortWishes wishes{change.given.find("fixed_ips"), change.given.find("security_groups"),
                          change.given.find("port_security_enabled")};
  complete_port(change.tx, context, *network, port, wishes);
  if (change.given.has("tags")) store_tags(change.tx, port.id, port.tags);
}

void check_new_mac(db::Session& session, const PortRow& old, const PortRow& fresh) {
  if (!old.host_id.empty()) {
    throw Fault::conflict(fmt::format("Unable to complete operation on port {}, port is already "
                                      "bound, port type: {}, old_mac {}, new_mac {}.",
                                      old.id, old.vif_type, old.mac_address, fresh.mac_address))
        .named("PortBound");
  }
  const auto taken =
      session.integer("SELECT 1 FROM ports WHERE mac_address = ? AND network_id = ? AND id <> ?",
                      {fresh.mac_address, old.network_id, old.id});
  if (!taken) return;
  throw Fault::conflict(fmt::format("Unable to complete operation for network {}. The mac address "
                                    "{} is in use.",
                                    old.network_id, fresh.mac_address))
      .named("MacAddressInUse");
}

void update_security(const Context& context, resource::Change& change, const PortRow& old,
                     PortRow& fresh) {
  const json::Value* groups = change.given.find("security_groups");
  const json::Value* security = change.given.find("port_security_enabled");
  const json::Value kept = old.security_groups.value();
  if (!groups && !security) return;
  if (!groups && !fresh.port_security_enabled && !kept.array()->empty()) {
    throw Fault::conflict(
        "Port has security group associated. Cannot disable port security or ip "
        "address until security group is removed.")
        .named("PortSecurityPortHasSecurityGroup");
  }
  const bool newly_secure = !groups && fresh.port_security_enabled && !old.port_security_enabled;
  PortWishes wishes;
  wishes.port_security = security;
  if (!newly_secure) wishes.security_groups = groups ? groups : &kept;
  set_security(change.tx, context, fresh, wishes);
}

void before_update(const Context& context, resource::Change& change, const PortRow& old,
                   PortRow& fresh) {
  if (fresh.mac_address != old.mac_address) check_new_mac(change.tx, old, fresh);
  if (fresh.host_id != old.host_id) bind_port(fresh, fresh.host_id);
  update_security(context, change, old, fresh);
  if (change.given.has("allowed_address_pairs") || !fresh.port_security_enabled) {
    check_address_pairs(fresh);
  }
  if (const json::Value* wanted = change.given.find("fixed_ips")) {
    fresh.fixed_ips = old.fixed_ips;
    change_fixed_ips(change.tx, context, fresh, *wanted);
    keep_floatingips(change.tx, context, old, fresh);
  } else if (fresh.dns_name != old.dns_name) {
    const auto domain =
        change.tx.text("SELECT dns_domain FROM networks WHERE id = ?", {fresh.network_id});
    refresh_dns(context, fresh, domain.value_or(""));
  }
}

// Ports that routers and floating IPs hang on go with them.
// upstream: openstack/neutron:neutron/db/l3_db.py prevent_l3_port_deletion
void check_removable(const PortRow& port) {
  for (const auto owner : {kInterfaceOwner, kGatewayOwner, kFloatingIpOwner}) {
    if (port.device_owner != owner) continue;
    throw Fault::conflict(fmt::format("Port {} cannot be deleted directly via the port API: has "
                                      "device owner {}.",
                                      port.id, owner))
        .named("ServicePortInUse");
  }
}

void mark_router_of(db::Transaction& tx, const Context& context, const PortRow& port) {
  if (port.device_owner == kInterfaceOwner || port.device_owner == kGatewayOwner) {
    mark_dirty(tx, context, net::Kind::router, port.device_id);
  }
  if (port.device_owner == kDistributedOwner) {
    mark_dirty(tx, context, net::Kind::network, port.network_id);
  }
}

}  // namespace

const resource::Resource& port_resource() {
  return kPort;
}

const resource::Store<PortRow>& ports() {
  static const resource::Store<PortRow> store(kPort);
  return store;
}

resource::Where visible_ports(const access::Caller& caller, bool is_admin) {
  return rows_on_visible_networks(caller, is_admin, true);
}

Noun port_noun(const Context& context) {
  Hooks<PortRow> h;
  h.filter = filter_port;
  h.visible = [&context](const resource::Call& call) {
    return visible_ports(call.caller(), context.is_admin(call.caller()));
  };
  h.facts = [](db::Session& s, const PortRow& row, RowFacts& facts) {
    add_network_facts(s, row.network_id, facts);
  };
  h.before_create = [&context](resource::Change& c, PortRow& p) { before_create(context, c, p); };
  h.after_create = [&context](resource::Change& c, const PortRow& p) {
    mark_dirty(c.tx, context, net::Kind::port, p.id);
  };
  h.before_update = [&context](resource::Change& c, const PortRow& old, PortRow& fresh) {
    before_update(context, c, old, fresh);
  };
  h.after_update = [&context](resource::Change& c, const PortRow&, const PortRow& p) {
    mark_dirty(c.tx, context, net::Kind::port, p.id);
    mark_router_of(c.tx, context, p);
  };
  h.before_remove = [&context](resource::Change& c, const PortRow& p) {
    check_removable(p);
    disassociate_floatingips(c.tx, context, p.id);
    release_addresses_of(c.tx, p.id);
    c.tx.execute("DELETE FROM security_group_bindings WHERE port_id = ?", {p.id});
    if (p.tags.text != "[]") store_tags(c.tx, p.id, JsonText{});
    mark_dirty(c.tx, context, net::Kind::port, p.id);
    mark_router_of(c.tx, context, p);
  };
  return neutron_noun(kPort, std::move(h));
}

}  // namespace haneul::neutron
