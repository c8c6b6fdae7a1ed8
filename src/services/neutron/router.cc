#include "services/neutron/router.h"

#include <algorithm>

#include <fmt/format.h>

#include "resource/call.h"
#include "resource/crud.h"
#include "resource/problem.h"
#include "services/neutron/errors.h"

namespace haneul::neutron {
namespace {

using resource::create;
using resource::field;
using resource::update;

constexpr auto kFields = resource::fields(
    field<&RouterRow::id>("id").filter().sort_key(),
    field<&RouterRow::name>("name").settable(create | update).max(255).filter().sort_key(),
    field<&RouterRow::project_id>("project_id").settable(create).max(255).filter().sort_key(),
    field<&RouterRow::admin_state_up>("admin_state_up")
        .settable(create | update)
        .filter()
        .sort_key(),
    field<&RouterRow::status>("status").filter().sort_key(),
    field<&RouterRow::external_gateway_info>("external_gateway_info")
        .checked(gateway_info)
        .hidden()
        .settable(create | update)
        .guarded(create | update),
    field<&RouterRow::gateway_port_id>("gw_port_id").stored_as("gateway_port_id").hidden(),
    field<&RouterRow::gateway_network_id>("gateway_network_id").hidden(),
    field<&RouterRow::routes>("routes").checked(host_routes).settable(update),
    field<&RouterRow::availability_zone_hints>("availability_zone_hints")
        .checked(text_list)
        .settable(create),
    field<&RouterRow::availability_zones>("availability_zones"),
    field<&RouterRow::description>("description")
        .settable(create | update)
        .max(255)
        .filter()
        .sort_key(),
    field<&RouterRow::tags>("tags"), field<&RouterRow::created_at>("created_at").sort_key(),
    field<&RouterRow::updated_at>("updated_at").sort_key(),
    field<&RouterRow::revision_number>("revision_number").filter().sort_key());
static_assert(resource::complete<RouterRow>(kFields));

constexpr resource::Resource kRouter{
    .singular = "router",
    .plural = "routers",
    .path = "/v2.0/routers",
    .policy = {"create_router", "get_router", "get_router", "update_router", "delete_router"},
    .quota = "router",
    .event = "router",
    .fields = kFields,
};

WriteMember gateway_writer(const resource::Call&, db::Session&, const resource::RowList&) {
  return [](const void* row, json::Writer& w) {
    w.key("external_gateway_info")
        .raw(static_cast<const RouterRow*>(row)->external_gateway_info.text);
  };
}

[[noreturn]] void bad_routes(const json::Value& routes, std::string_view why) {
  throw Fault::bad_request(
      fmt::format("Invalid format for routes: {}, {}", resource::python_repr(routes), why))
      .named("InvalidRoutes");
}

std::vector<Prefix> connected(db::Session& session, const RouterRow& router) {
  std::vector<Prefix> all;
  db::Rows rows = session.query(
      "SELECT DISTINCT s.cidr FROM ports p JOIN subnets s ON s.network_id = p.network_id"
      " WHERE p.device_id = ? AND p.device_owner = 'network:router_gateway' UNION"
      " SELECT s.cidr FROM ports p JOIN ip_allocations a ON a.port_id = p.id JOIN subnets s"
      " ON s.id = a.subnet_id WHERE p.device_id = ?",
      {router.id, router.id});
  while (rows.next()) {
    if (const auto p = parse_prefix(rows.text(0))) all.push_back(*p);
  }
  return all;
}

bool is_own_address(db::Session& session, const RouterRow& router, const std::string& address) {
  return session
      .integer(
          "SELECT 1 FROM ports p JOIN ip_allocations a ON a.port_id = p.id"
          " WHERE p.device_id = ? AND a.ip_address = ?",
          {router.id, address})
      .has_value();
}

void before_create(const Context& context, resource::Change& change, RouterRow& router) {
  const json::Value info = router.external_gateway_info.value();
  router.external_gateway_info.text = "null";
  if (info.object() && !info.object()->empty()) {
    set_gateway(change.tx, context, change.call.caller(), router, info);
  }
}

void before_update(const Context& context, resource::Change& change, const RouterRow& old,
                   RouterRow& fresh) {
  fresh.external_gateway_info = old.external_gateway_info;
  if (const json::Value* info = change.given.find("external_gateway_info")) {
    set_gateway(change.tx, context, change.call.caller(), fresh, *info);
  }
  if (change.given.has("routes")) check_routes(change.tx, context, fresh);
}

void before_remove(const Context& context, resource::Change& change, const RouterRow& router) {
  if (!interfaces_of(change.tx, router.id).empty()) {
    throw Fault::conflict(fmt::format("Router {} still has ports", router.id)).named("RouterInUse");
  }
  RouterRow copy = router;
  clear_gateway(change.tx, context, copy);
  change.tx.execute("DELETE FROM neutron_tags WHERE object_id = ?", {router.id});
  mark_dirty(change.tx, context, net::Kind::router, router.id);
}

}  // namespace

bool RouterRow::enables_snat() const {
  const json::Value info = external_gateway_info.value();
  const json::Value* snat = info.at({"enable_snat"});
  return !snat || !snat->boolean() || *snat->boolean();
}

const resource::Resource& router_resource() {
  return kRouter;
}

const resource::Store<RouterRow>& routers() {
  static const resource::Store<RouterRow> store(kRouter);
  return store;
}

std::vector<PortRow> interfaces_of(db::Session& session, std::string_view router_id) {
  resource::Where where;
  where.equals("device_id", router_id).equals("device_owner", kInterfaceOwner);
  return ports().list(session, where);
}

void save_router(db::Transaction& tx, const Context& context, RouterRow& router) {
  resource::touch(kRouter, &router, context.now());
  routers().update(tx, router);
  mark_dirty(tx, context, net::Kind::router, router.id);
}

void check_routes(db::Session& session, const Context& context, const RouterRow& router) {
  const json::Value routes = router.routes.value();
  if (static_cast<std::int64_t>(routes.array()->size()) > context.options.routes_per_router_max) {
    throw Fault::bad_request(
        fmt::format("Unable to complete operation for {}. The number of routes "
                    "exceeds the maximum {}.",
                    router.id, context.options.routes_per_router_max))
        .named("RoutesExhausted");
  }
  const auto reachable = connected(session, router);
  for (const auto& route : *routes.array()) {
    const std::string& nexthop = *route.at({"nexthop"})->text();
    const Address hop = *parse_address(nexthop);
    const bool near = std::any_of(reachable.begin(), reachable.end(),
                                  [&](const Prefix& p) { return p.contains(hop); });
    if (!near) bad_routes(routes, "the nexthop is not connected with router");
    if (is_own_address(session, router, to_text(hop))) {
      bad_routes(routes, "the nexthop is used by router");
    }
  }
}

Noun router_noun(const Context& context) {
  Hooks<RouterRow> h;
  h.visible = [&context](const resource::Call& call) {
    resource::Where where;
    if (context.is_admin(call.caller())) return where;
    return where.equals("project_id", call.caller().project_id.text);
  };
  h.before_create = [&context](resource::Change& c, RouterRow& r) { before_create(context, c, r); };
  h.after_create = [&context](resource::Change& c, const RouterRow& r) {
    mark_dirty(c.tx, context, net::Kind::router, r.id);
  };
  h.before_update = [&context](resource::Change& c, const RouterRow& old, RouterRow& fresh) {
    before_update(context, c, old, fresh);
  };
  h.after_update = [&context](resource::Change& c, const RouterRow&, const RouterRow& r) {
    mark_dirty(c.tx, context, net::Kind::router, r.id);
  };
  h.before_remove = [&context](resource::Change& c, const RouterRow& r) {
    before_remove(context, c, r);
  };
  h.members = {{"external_gateway_info", gateway_writer}};
  return neutron_noun(kRouter, std::move(h));
}

}  // namespace haneul::neutron
