#include "services/neutron/network.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/id.h"
#include "resource/call.h"
#include "resource/dialect.h"
#include "services/neutron/errors.h"
#include "services/neutron/floatingip.h"
#include "services/neutron/network_segment.h"
#include "services/neutron/port.h"
#include "services/neutron/subnet.h"

namespace haneul::neutron {
namespace {

using resource::create;
using resource::field;
using resource::show;
using resource::update;

constexpr auto kFields = resource::fields(
    field<&Network::id>("id").filter().sort_key(),
    field<&Network::name>("name").settable(create | update).max(255).filter().sort_key(),
    field<&Network::project_id>("project_id").settable(create).max(255).filter().sort_key(),
    field<&Network::admin_state_up>("admin_state_up").settable(create | update).filter().sort_key(),
    field<&Network::mtu>("mtu").checked(mtu).settable(create | update).filter().sort_key(),
    field<&Network::status>("status").filter().sort_key(), field<&Network::subnets>("subnets"),
    field<&Network::shared>("shared")
        .hidden()
        .settable(create | update)
        .guarded(create | update)
        .filter(),
    field<&Network::external>("router:external")
        .stored_as("external")
        .settable(create | update)
        .guarded(create | update)
        .filter(),
    field<&Network::is_default>("is_default")
        .hidden()
        .settable(create | update)
        .guarded(create | update)
        .filter(),
    field<&Network::description>("description")
        .settable(create | update)
        .max(255)
        .filter()
        .sort_key(),
    field<&Network::port_security_enabled>("port_security_enabled")
        .settable(create | update)
        .guarded(create | update)
        .filter(),
    field<&Network::dns_domain>("dns_domain")
        .checked(dns_domain)
        .settable(create | update)
        .filter(),
    field<&Network::availability_zone_hints>("availability_zone_hints")
        .checked(text_list)
        .settable(create),
    field<&Network::availability_zones>("availability_zones"),
    field<&Network::ipv4_address_scope>("ipv4_address_scope"),
    field<&Network::ipv6_address_scope>("ipv6_address_scope"),
    field<&Network::network_type>("provider:network_type")
        .stored_as("network_type")
        .settable(create)
        .guarded(create | show)
        .filter(),
    field<&Network::physical_network>("provider:physical_network")
        .stored_as("physical_network")
        .settable(create)
        .max(64)
        .guarded(create | show)
        .filter(),
    field<&Network::segmentation_id>("provider:segmentation_id")
        .checked(integer_or_null)
        .stored_as("segmentation_id")
        .settable(create)
        .guarded(create | show)
        .filter(),
    field<&Network::tags>("tags"), field<&Network::created_at>("created_at").sort_key(),
    field<&Network::updated_at>("updated_at").sort_key(),
    field<&Network::revision_number>("revision_number").filter().sort_key());
static_assert(resource::complete<Network>(kFields));

constexpr resource::Resource kNetwork{
    .singular = "network",
    .plural = "networks",
    .path = "/v2.0/networks",
    .policy = {"create_network", "get_network", "get_network", "update_network", "delete_network"},
    .quota = "network",
    .event = "network",
    .fields = kFields,
};

// Ports of other projects keep a network shared.
void check_unshare(db::Session& session, const Network& n) {
  const auto others = session.integer(
      "SELECT 1 FROM ports WHERE network_id = ? AND project_id <> ? AND project_id <> ''"
      " AND device_owner NOT LIKE 'network:%' AND project_id NOT IN"
      " (SELECT target_project FROM rbac_policies WHERE object_id = ?) LIMIT 1",
      {n.id, n.project_id, n.id});
  if (!others) return;
  throw Fault::conflict(fmt::format("Unable to reconfigure sharing settings for network {}. "
                                    "Multiple projects are using it.",
                                    n.name))
      .named("InvalidSharedSetting");
}

void check_no_longer_external(db::Session& session, const Network& n) {
  const auto used = session.integer(
      "SELECT 1 FROM ports WHERE network_id = ? AND device_owner IN"
      " ('network:router_gateway', 'network:floatingip') LIMIT 1",
      {n.id});
  if (!used) return;
  throw Fault::conflict(fmt::format("External network {} cannot be updated to be made "
                                    "non-external, since it has existing gateway ports.",
                                    n.id))
      .named("ExternalNetworkInUse");
}

void before_update(const Context& context, resource::Change& change, const Network& old,
                   Network& fresh) {
  if (old.shared && !fresh.shared) check_unshare(change.tx, old);
  if (old.external && !fresh.external) check_no_longer_external(change.tx, old);
  if (fresh.mtu != old.mtu) check_mtu(change.tx, context, fresh);
}

Member sharing_member(const Context& context) {
  return {"shared", [&context](const resource::Call& call, db::Session&, const resource::RowList&) {
            const bool admin = context.is_admin(call.caller());
            const std::string own = call.caller().project_id.text;
            return [admin, own](const void* row, json::Writer& w) {
              const auto& n = *static_cast<const Network*>(row);
              const bool by_policy = !admin && n.project_id != own && !n.external;
              w.member("shared", n.shared || by_policy);
            };
          }};
}

Member default_member() {
  return {"is_default", [](const resource::Call&, db::Session&, const resource::RowList&) {
            return [](const void* row, json::Writer& w) {
              const auto& n = *static_cast<const Network*>(row);
              if (n.external) w.member("is_default", n.is_default);
            };
          }};
}

}  // namespace

const resource::Resource& network_resource() {
  return kNetwork;
}

const resource::Store<Network>& networks() {
  static const resource::Store<Network> store(kNetwork);
  return store;
}

resource::Where visible_networks(const access::Caller& caller, bool is_admin) {
  resource::Where where;
  if (is_admin) return where;
  const std::string& project = caller.project_id.text;
  return where.and_(
      "project_id = ? OR shared = 1 OR external = 1 OR id IN (SELECT object_id FROM rbac_policies"
      " WHERE target_project = ? AND object_type = 'network')",
      {project, project});
}

resource::Where rows_on_visible_networks(const access::Caller& caller, bool is_admin,
                                         bool owned_only) {
  resource::Where where;
  if (is_admin) return where;
  const std::string& project = caller.project_id.text;
  if (owned_only) {
    return where.and_(
        "project_id = ? OR network_id IN (SELECT id FROM networks WHERE project_id = ?)",
        {project, project});
  }
  return where.and_(
      "project_id = ? OR network_id IN (SELECT id FROM networks WHERE project_id = ? OR shared = 1)"
      " OR network_id IN (SELECT object_id FROM rbac_policies"
      " WHERE target_project = ? AND object_type = 'network')",
      {project, project, project});
}

void complete_network(db::Transaction& tx, const Context& context, Network& n) {
  choose_segment(tx, context, n);
  check_mtu(tx, context, n);
}

void set_shared(db::Transaction& tx, const Network& n, bool shared) {
  tx.execute(
      "DELETE FROM rbac_policies WHERE object_id = ? AND action = 'access_as_shared'"
      " AND target_project = '*'",
      {n.id});
  if (!shared) return;
  tx.execute(
      "INSERT INTO rbac_policies (id, project_id, object_type, object_id, action,"
      " target_project) VALUES (?, ?, 'network', ?, 'access_as_shared', '*')",
      {new_uuid(), n.project_id, n.id});
}

void add_network_facts(db::Session& session, std::string_view network_id, RowFacts& facts) {
  db::Rows rows = session.query(
      "SELECT project_id, shared = 1 OR EXISTS (SELECT 1 FROM rbac_policies WHERE object_id ="
      " networks.id), external FROM networks WHERE id = ?",
      {network_id});
  if (!rows.next()) throw network_not_found(network_id);
  facts.add("network:project_id", rows.string(0));
  facts.add("network:tenant_id", rows.string(0));
  facts.add("shared", rows.boolean(1));
  facts.add("router:external", rows.boolean(2));
}

void refresh_subnets(db::Transaction& tx, const Context& context, std::string_view network_id) {
  db::Rows rows = tx.query("SELECT id FROM subnets WHERE network_id = ? ORDER BY id", {network_id});
  std::vector<std::string> ids;
  while (rows.next()) ids.push_back(rows.string(0));
  tx.execute(
      "UPDATE networks SET subnets = ?, updated_at = ?, revision_number ="
      " revision_number + 1 WHERE id = ?",
      {json_of(ids).text, context.now(), network_id});
  mark_dirty(tx, context, net::Kind::network, network_id);
}

void empty_network(db::Transaction& tx, const Context& context, const Network& n) {
  db::Rows others = tx.query(
      "SELECT id FROM ports WHERE network_id = ? AND device_owner NOT IN"
      " ('network:distributed', 'network:dhcp') ORDER BY id LIMIT 100",
      {n.id});
  std::string ids;
  while (others.next()) ids += (ids.empty() ? "" : ",") + others.string(0);
  if (!ids.empty()) {
    throw Fault::conflict(
        fmt::format("Unable to complete operation on network {}. There are one or "
                    "more ports still in use on the network, id for these ports "
                    "is: {}.",
                    n.id, ids))
        .named("NetworkInUse");
  }
  for (const auto& port : ports().list(tx, resource::Where().equals("network_id", n.id))) {
    delete_port_row(tx, context, port);
  }
  for (const auto& subnet : subnets_of(tx, n.id)) delete_subnet_row(tx, context, subnet);
  tx.execute("DELETE FROM rbac_policies WHERE object_id = ?", {n.id});
  if (n.tags.text != "[]") tx.execute("DELETE FROM neutron_tags WHERE object_id = ?", {n.id});
  mark_dirty(tx, context, net::Kind::network, n.id);
}

Noun network_noun(const Context& context) {
  Hooks<Network> h;
  h.visible = [&context](const resource::Call& call) {
    return visible_networks(call.caller(), context.is_admin(call.caller()));
  };
  h.facts = [](db::Session& session, const Network& n, RowFacts& facts) {
    // Whoever sees a row that is neither theirs nor external has it shared with them.
    const bool by_policy =
        !n.shared &&
        session.integer("SELECT 1 FROM rbac_policies WHERE object_id = ? LIMIT 1", {n.id});
    if (by_policy) facts.add("shared", true);
  };
  h.before_create = [&context](resource::Change& c, Network& n) {
    complete_network(c.tx, context, n);
  };
  h.after_create = [&context](resource::Change& c, const Network& n) {
    if (n.shared) set_shared(c.tx, n, true);
    mark_dirty(c.tx, context, net::Kind::network, n.id);
  };
  h.before_update = [&context](resource::Change& c, const Network& old, Network& fresh) {
    before_update(context, c, old, fresh);
  };
  h.after_update = [&context](resource::Change& c, const Network& old, const Network& fresh) {
    if (old.shared != fresh.shared) set_shared(c.tx, fresh, fresh.shared);
    mark_dirty(c.tx, context, net::Kind::network, fresh.id);
  };
  h.before_remove = [&context](resource::Change& c, const Network& n) {
    remove_idle_floatingips(c.tx, context, n.id);
    empty_network(c.tx, context, n);
  };
  h.members = {sharing_member(context), default_member()};
  return neutron_noun(kNetwork, std::move(h));
}

}  // namespace haneul::neutron
