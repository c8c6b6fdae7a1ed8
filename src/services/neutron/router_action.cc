#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "resource/call.h"
#include "resource/crud.h"
#include "services/neutron/errors.h"
#include "services/neutron/router.h"

namespace haneul::neutron {
namespace {

// The row and the right to do `action` to it.
RouterRow find_router(resource::Call& call, db::Session& session, const resource::Noun& noun,
                      std::string_view action) {
  RouterRow router;
  resource::fetch_row(call, session, noun, call.param("id"), action, &router);
  return router;
}

std::optional<std::string> id_in(const json::Value& body, std::string_view key) {
  const json::Value* value = body.at({key});
  if (!value || value->is_null()) return std::nullopt;
  if (const auto refusal = check_uuid(*value)) throw invalid_input(*refusal);
  return *value->text();
}

std::string render(const RouterRow& router, const InterfaceInfo& info) {
  json::Writer w;
  w.begin_object().member("id", router.id).member("tenant_id", router.project_id);
  w.member("project_id", router.project_id).member("port_id", info.port_id);
  w.member("network_id", info.network_id).member("subnet_id", info.subnet_id);
  w.member("subnet_ids", info.subnet_ids).key("tags").raw(router.tags.text).end_object();
  return w.take();
}

http::Response change_interface(resource::Call& call, const Context& context,
                                const resource::Noun& noun, bool adds) {
  const json::Value& body = call.body();
  if (!body.object()) throw http_bad_request("Body contains invalid data");
  const auto subnet_id = id_in(body, "subnet_id"), port_id = id_in(body, "port_id");
  return call.db().write([&](db::Transaction& tx) {
    RouterRow router =
        find_router(call, tx, noun, adds ? "add_router_interface" : "remove_router_interface");
    if (!subnet_id && !port_id) {
      throw bad_request("router", "Either subnet_id or port_id must be specified");
    }
    if (!adds) {
      const auto info = remove_interface(tx, context, router, subnet_id, port_id);
      return http::Response::json(200, render(router, info));
    }
    if (subnet_id && port_id) {
      throw bad_request("router", "Cannot specify both subnet-id and port-id");
    }
    const auto info = port_id
                          ? add_interface_by_port(tx, context, call.caller(), router, *port_id)
                          : add_interface_by_subnet(tx, context, call.caller(), router, *subnet_id);
    return http::Response::json(200, render(router, info));
  });
}

json::Array sent_routes(resource::Call& call) {
  const json::Value* routes = call.body().at({"router", "routes"});
  if (!routes) throw http_bad_request("Invalid input for routes. Reason: it is missing.");
  json::Value copy = *routes;
  if (const auto refusal = host_routes(copy)) {
    throw http_bad_request(fmt::format("Invalid input for routes. Reason: {}.", *refusal));
  }
  return *copy.array();
}

// upstream: openstack/neutron:neutron/db/extraroute_db.py add_extraroutes
http::Response change_routes(resource::Call& call, const Context& context,
                             const resource::Noun& noun, bool adds) {
  const json::Array given = sent_routes(call);
  return call.db().write([&](db::Transaction& tx) {
    const auto rows = noun.make_rows();
    auto& router = *static_cast<RouterRow*>(rows->add());
    router = find_router(call, tx, noun, adds ? "add_extraroutes" : "remove_extraroutes");
    json::Array now = *router.routes.value().array();
    for (const auto& route : given) {
      const auto found = std::find(now.begin(), now.end(), route);
      if (adds && found == now.end()) now.push_back(route);
      if (!adds && found != now.end()) now.erase(found);
    }
    router.routes = JsonText::of(now);
    if (adds) check_routes(tx, context, router);
    save_router(tx, context, router);
    return http::Response::json(200, resource::render_one(call, tx, noun, *rows, resource::show));
  });
}

}  // namespace

void add_router_actions(resource::Service& service, const Context& context) {
  const Noun noun = router_noun(context);
  const std::string one = "/v2.0/routers/{id}";
  for (const bool adds : {true, false}) {
    service.route("PUT", one + (adds ? "/add_router_interface" : "/remove_router_interface"),
                  [noun, &context, adds](resource::Call& call) {
                    return change_interface(call, context, *noun, adds);
                  });
    service.route("PUT", one + (adds ? "/add_extraroutes" : "/remove_extraroutes"),
                  [noun, &context, adds](resource::Call& call) {
                    return change_routes(call, context, *noun, adds);
                  });
  }
}

}  // namespace haneul::neutron
