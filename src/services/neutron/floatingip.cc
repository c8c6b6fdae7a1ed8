#include "services/neutron/floatingip.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "resource/call.h"
#include "resource/crud.h"
#include "resource/quota.h"
#include "services/neutron/errors.h"
#include "services/neutron/router.h"

namespace haneul::neutron {
namespace {

using resource::create;
using resource::field;
using resource::update;
using Row = FloatingIpRow;

// Null leaves the choice to Neutron.
Refusal address_or_any(json::Value& value) {
  if (value.is_null()) {
    value = "";
    return std::nullopt;
  }
  return address_or_null(value);
}

constexpr auto kFields = resource::fields(
    field<&Row::id>("id").filter().sort_key(),
    field<&Row::project_id>("project_id").settable(create).max(255).filter().sort_key(),
    field<&Row::floating_ip_address>("floating_ip_address")
        .checked(address_or_any)
        .settable(create)
        .guarded(create)
        .filter()
        .sort_key(),
    field<&Row::floating_network_id>("floating_network_id")
        .checked(uuid)
        .settable(create)
        .required()
        .filter()
        .sort_key(),
    field<&Row::floating_port_id>("floating_port_id").hidden(),
    field<&Row::router_id>("router_id").filter().sort_key(),
    field<&Row::port_id>("port_id")
        .checked(uuid_or_null)
        .settable(create | update)
        .filter()
        .sort_key(),
    field<&Row::fixed_ip_address>("fixed_ip_address")
        .checked(address_or_null)
        .settable(create | update)
        .filter()
        .sort_key(),
    field<&Row::status>("status").filter().sort_key(),
    field<&Row::description>("description").settable(create | update).max(255).filter().sort_key(),
    field<&Row::dns_name>("dns_name").checked(dns_label).settable(create),
    field<&Row::dns_domain>("dns_domain").checked(dns_domain).settable(create),
    field<&Row::tags>("tags"), field<&Row::created_at>("created_at").sort_key(),
    field<&Row::updated_at>("updated_at").sort_key(),
    field<&Row::revision_number>("revision_number").filter().sort_key());
static_assert(resource::complete<Row>(kFields));

constexpr resource::Resource kFloatingIp{
    .singular = "floatingip",
    .plural = "floatingips",
    .path = "/v2.0/floatingips",
    .policy = {"create_floatingip", "get_floatingip", "get_floatingip", "update_floatingip",
               "delete_floatingip"},
    .quota = "floatingip",
    .event = "floatingip",
    .fields = kFields,
};

Fault bad(std::string_view why) {
  return bad_request("floatingip", why);
}

bool is_v4(const std::string& address) {
  return address.find(':') == std::string::npos;
}

// The port's fixed address that the floating one stands for.
FixedAddress internal_address(const PortRow& port, const std::optional<std::string>& wanted) {
  std::vector<FixedAddress> fours;
  for (auto& fixed : fixed_addresses(port)) {
    if (is_v4(fixed.ip_address)) fours.push_back(std::move(fixed));
  }
  if (wanted) {
    if (!is_v4(*wanted)) {
      throw bad(
          fmt::format("Cannot process floating IP association with {}, since that is not an "
                      "IPv4 address",
                      *wanted));
    }
    for (const auto& fixed : fours) {
      if (fixed.ip_address == *wanted) return fixed;
    }
    throw bad(fmt::format("Port {} does not have fixed ip {}", port.id, *wanted));
  }
  if (fours.empty()) {
    throw bad(
        fmt::format("Cannot add floating IP to port {} that has no fixed IPv4 addresses", port.id));
  }
  if (fours.size() > 1) {
    throw bad(
        fmt::format("Port {} has multiple fixed IPv4 addresses.  Must provide a specific "
                    "IPv4 address when assigning a floating IP",
                    port.id));
  }
  return fours.front();
}

// A router that leads from the port's subnet to the external network.
std::string router_between(db::Session& session, const Row& row, const FixedAddress& inside) {
  const auto id = session.text(
      "SELECT r.id FROM ip_allocations a JOIN ports p ON p.id = a.port_id JOIN routers r"
      " ON r.id = p.device_id WHERE a.subnet_id = ? AND p.device_owner ="
      " 'network:router_interface' AND r.gateway_network_id = ? ORDER BY r.id LIMIT 1",
      {inside.subnet_id, row.floating_network_id});
  if (id) return *id;
  throw Fault::not_found(fmt::format("External network {} is not reachable from subnet {}.  "
                                     "Therefore, cannot associate Port {} with a Floating IP.",
                                     row.floating_network_id, inside.subnet_id, *row.port_id))
      .named("ExternalGatewayForFloatingIPNotFound");
}

void check_free(db::Session& session, const Row& row, const FixedAddress& inside) {
  const auto other = session.integer(
      "SELECT 1 FROM floatingips WHERE port_id = ? AND fixed_ip_address = ? AND"
      " floating_network_id = ? AND id <> ?",
      {*row.port_id, inside.ip_address, row.floating_network_id, row.id});
  if (!other) return;
  throw Fault::conflict(fmt::format("Cannot associate floating IP {} ({}) with port {} using fixed "
                                    "IP {}, as that fixed IP already has a floating IP on external "
                                    "network {}.",
                                    row.floating_ip_address, row.id, *row.port_id,
                                    inside.ip_address, row.floating_network_id))
      .named("FloatingIPPortAlreadyAssociated");
}

void let_go(Row& row) {
  row.port_id = row.fixed_ip_address = row.router_id = std::nullopt;
  row.status = "DOWN";
}

void mark_router(db::Transaction& tx, const Context& context, const Row& row) {
  if (row.router_id) mark_dirty(tx, context, net::Kind::router, *row.router_id);
  if (row.port_id) note_port(tx, context, *row.port_id);
}

void associate(db::Transaction& tx, const Context& context, const access::Caller& caller,
               Row& row) {
  const auto port = ports().find(tx, *row.port_id, visible_ports(caller, context.is_admin(caller)));
  if (!port) throw port_not_found(*row.port_id);
  if (port->project_id != row.project_id && !context.is_admin(caller)) {
    throw bad(
        fmt::format("Port {} is associated with a different tenant than Floating IP {} and "
                    "therefore cannot be bound.",
                    port->id, row.id));
  }
  const FixedAddress inside = internal_address(*port, row.fixed_ip_address);
  check_free(tx, row, inside);
  row.router_id = router_between(tx, row, inside);
  row.fixed_ip_address = inside.ip_address;
  row.status = "ACTIVE";
}

// The port that holds the address outside.
void take_outer_address(resource::Change& change, const Context& context, Row& row) {
  json::Object wish;
  if (!row.floating_ip_address.empty()) wish.set("ip_address", row.floating_ip_address);
  const json::Value* subnet = change.given.find("subnet_id");
  if (subnet && subnet->text()) wish.set("subnet_id", *subnet->text());
  PortRow port;
  port.network_id = row.floating_network_id;
  port.device_owner = kFloatingIpOwner;
  port.device_id = row.id;
  port.status = "N/A";
  const json::Value wishes(json::Array{json::Value(wish)});
  make_own_port(change.tx, context, port, wish.empty() ? nullptr : &wishes);
  for (const auto& fixed : fixed_addresses(port)) {
    if (!is_v4(fixed.ip_address)) continue;
    row.floating_ip_address = fixed.ip_address;
    row.floating_port_id = port.id;
    return;
  }
  throw Fault::bad_request(
      fmt::format("Unable to find any IP address on external network {}.", row.floating_network_id))
      .named("ExternalIpAddressExhausted");
}

void before_create(const Context& context, resource::Change& change, Row& row) {
  const auto& caller = change.call.caller();
  const auto network = networks().find(change.tx, row.floating_network_id,
                                       visible_networks(caller, context.is_admin(caller)));
  if (!network) throw network_not_found(row.floating_network_id);
  if (!network->external) {
    throw bad(fmt::format("Network {} is not a valid external network", row.floating_network_id));
  }
  take_outer_address(change, context, row);
  if (row.port_id) {
    associate(change.tx, context, caller, row);
  } else if (row.fixed_ip_address) {
    throw bad("fixed_ip_address cannot be specified without a port_id");
  }
}

void before_update(const Context& context, resource::Change& change, const Row& old, Row& fresh) {
  const bool names_port = change.given.has("port_id");
  if (!names_port && !change.given.has("fixed_ip_address")) return;
  if (!fresh.port_id) {
    if (change.given.has("fixed_ip_address") && fresh.fixed_ip_address) {
      throw bad("fixed_ip_address cannot be specified without a port_id");
    }
    let_go(fresh);
  } else {
    if (!change.given.has("fixed_ip_address")) fresh.fixed_ip_address = std::nullopt;
    associate(change.tx, context, change.call.caller(), fresh);
  }
  mark_router(change.tx, context, old);
  mark_router(change.tx, context, fresh);
}

// What hangs on a floating IP.
void drop_parts(db::Transaction& tx, const Context& context, const Row& row) {
  if (const auto port = ports().find(tx, row.floating_port_id)) {
    delete_port_row(tx, context, *port);
  }
  if (row.tags.text != "[]") {
    tx.execute("DELETE FROM neutron_tags WHERE object_id = ?", {row.id});
  }
  mark_router(tx, context, row);
}

void write_port_details(json::Writer& w, const PortRow& port) {
  w.begin_object().member("name", port.name).member("network_id", port.network_id);
  w.member("mac_address", port.mac_address).member("admin_state_up", port.admin_state_up);
  w.member("status", port.status).member("device_id", port.device_id);
  w.member("device_owner", port.device_owner).end_object();
}

WriteMember details_writer(const resource::Call&, db::Session& session,
                           const resource::RowList& rows) {
  constexpr std::size_t kAtOnce = 500;
  std::vector<std::string> ids;
  auto by_id = std::make_shared<std::map<std::string, PortRow>>();
  const auto load = [&] {
    if (ids.empty()) return;
    for (auto& port : ports().list(session, resource::Where().in("id", ids))) {
      const std::string id = port.id;
      by_id->emplace(id, std::move(port));
    }
    ids.clear();
  };
  for (const auto& row : rows_of<Row>(rows)) {
    if (row.port_id) ids.push_back(*row.port_id);
    if (ids.size() == kAtOnce) load();
  }
  load();
  return [by_id](const void* row, json::Writer& w) {
    const auto& port_id = static_cast<const Row*>(row)->port_id;
    const auto found = port_id ? by_id->find(*port_id) : by_id->end();
    w.key("port_details");
    found == by_id->end() ? static_cast<void>(w.null()) : write_port_details(w, found->second);
  };
}

}  // namespace

const resource::Resource& floatingip_resource() {
  return kFloatingIp;
}

const resource::Store<Row>& floatingips() {
  static const resource::Store<Row> store(kFloatingIp);
  return store;
}

void remove_idle_floatingips(db::Transaction& tx, const Context& context,
                             std::string_view network_id) {
  resource::Where idle;
  idle.equals("floating_network_id", network_id).and_("port_id IS NULL");
  for (const auto& row : floatingips().list(tx, idle)) {
    drop_parts(tx, context, row);
    floatingips().remove(tx, row.id);
    context.world.quota.release(tx, "neutron", row.project_id, "floatingip", 1);
  }
}

void disassociate_floatingips(db::Transaction& tx, const Context& context,
                              std::string_view port_id) {
  for (auto& row : floatingips().list(tx, resource::Where().equals("port_id", port_id))) {
    mark_router(tx, context, row);
    let_go(row);
    resource::touch(kFloatingIp, &row, context.now());
    floatingips().update(tx, row);
  }
}

void keep_floatingips(db::Transaction& tx, const Context& context, const PortRow& old,
                      const PortRow& fresh) {
  const auto now = fixed_addresses(fresh);
  for (const auto& row : floatingips().list(tx, resource::Where().equals("port_id", old.id))) {
    const bool there = std::any_of(now.begin(), now.end(), [&](const FixedAddress& f) {
      return f.ip_address == row.fixed_ip_address.value_or("");
    });
    if (!there) {
      throw bad_request("port", fmt::format("Cannot update the fixed_ips of the port {}, because "
                                            "its original fixed_ip {} is associated with a "
                                            "floating IP",
                                            old.id, row.fixed_ip_address.value_or("")));
    }
    mark_router(tx, context, row);
  }
}

Noun floatingip_noun(const Context& context) {
  Hooks<Row> h;
  h.also_known = {{"subnet_id", uuid_or_null}};
  h.visible = [&context](const resource::Call& call) {
    resource::Where where;
    if (context.is_admin(call.caller())) return where;
    return where.equals("project_id", call.caller().project_id.text);
  };
  h.before_create = [&context](resource::Change& c, Row& row) { before_create(context, c, row); };
  h.after_create = [&context](resource::Change& c, const Row& row) {
    mark_router(c.tx, context, row);
  };
  h.before_update = [&context](resource::Change& c, const Row& old, Row& fresh) {
    before_update(context, c, old, fresh);
  };
  h.before_remove = [&context](resource::Change& c, const Row& row) {
    drop_parts(c.tx, context, row);
  };
  h.members = {{"port_details", details_writer}};
  return neutron_noun(kFloatingIp, std::move(h));
}

}  // namespace haneul::neutron
