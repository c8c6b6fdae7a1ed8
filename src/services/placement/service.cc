#include "resource/service.h"

#include <fmt/format.h>

#include "json/writer.h"
#include "resource/webob.h"
#include "services/placement/impl.h"
#include "services/placement/policies.h"

namespace haneul::placement {

extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;

namespace {

void pass(resource::Call& call, const Gate& gate) {
  if (!call.since(gate.since)) {
    throw gate.wrong_method_before ? Fault(Fault::Kind::method_not_allowed, "")
                                   : Fault::not_found("");
  }
  const auto& request = call.request();
  const auto type = request.headers.get("Content-Type");
  if (!request.body.empty() && type.empty()) {
    throw Fault::bad_request("content-type header required when content-length > 0");
  }
  if (gate.takes_json && type.substr(0, type.find(';')) != "application/json") {
    throw Fault(Fault::Kind::unsupported_media,
                fmt::format("The media type {} is not supported, use application/json",
                            type.empty() ? "None" : type));
  }
  if (gate.gives_json && resource::accepts(request.headers, "application/json") <= 0) {
    throw Fault::not_acceptable("Only application/json is provided");
  }
  if (!gate.policy.empty()) call.enforce(gate.policy);
}

http::Response home(resource::Call& call) {
  json::Writer w;
  w.begin_object().key("versions").begin_array().begin_object();
  w.member("id", "v" + kFirst.text()).member("max_version", kLast.text());
  w.member("min_version", kFirst.text()).member("status", "CURRENT");
  w.key("links").begin_array().begin_object().member("rel", "self").member("href", "");
  w.end_object().end_array().end_object().end_array().end_object();
  return answer(call, 200, w.take(), call.now());
}

class Routes {
 public:
  Routes(resource::Service& service, Parts& parts) : service_(service), parts_(parts) {}

  void add(std::string_view method, std::string_view pattern, Gate gate, Handle handle) {
    service_.route(method, pattern,
                   [gate, handle, &parts = parts_](resource::Call& call) {
                     pass(call, gate);
                     return handle(call, parts);
                   },
                   {.body = {.bytes_max = 16 * 1024 * 1024}});
  }

 private:
  resource::Service& service_;
  Parts& parts_;
};

void add_provider_routes(Routes& r) {
  r.add("GET", "/resource_providers",
        {.policy = "placement:resource_providers:list", .gives_json = true}, list_providers);
  r.add("POST", "/resource_providers",
        {.policy = "placement:resource_providers:create", .takes_json = true}, create_provider);
  const std::string one = "/resource_providers/{uuid}";
  r.add("GET", one, {.policy = "placement:resource_providers:show", .gives_json = true},
        show_provider);
  r.add("PUT", one, {.policy = "placement:resource_providers:update", .takes_json = true},
        update_provider);
  r.add("DELETE", one, {.policy = "placement:resource_providers:delete"}, remove_provider);
  r.add("GET", one + "/usages",
        {.policy = "placement:resource_providers:usages", .gives_json = true},
        show_provider_usages);
  r.add("GET", one + "/aggregates",
        {.policy = "placement:resource_providers:aggregates:list", .gives_json = true, .since = 1},
        show_aggregates);
  r.add(
      "PUT", one + "/aggregates",
      {.policy = "placement:resource_providers:aggregates:update", .takes_json = true, .since = 1},
      set_provider_aggregates);
  r.add("GET", one + "/allocations",
        {.policy = "placement:resource_providers:allocations:list", .gives_json = true},
        show_provider_allocations);
}

void add_inventory_routes(Routes& r) {
  const std::string all = "/resource_providers/{uuid}/inventories";
  const std::string one = all + "/{resource_class}";
  r.add("GET", all, {.policy = "placement:resource_providers:inventories:list", .gives_json = true},
        list_inventories);
  r.add("POST", all,
        {.policy = "placement:resource_providers:inventories:create", .takes_json = true},
        create_inventory);
  r.add("PUT", all,
        {.policy = "placement:resource_providers:inventories:update", .takes_json = true},
        set_inventories);
  r.add("DELETE", all,
        {.policy = "placement:resource_providers:inventories:delete",
         .since = 5,
         .wrong_method_before = true},
        remove_inventories);
  r.add("GET", one, {.policy = "placement:resource_providers:inventories:show", .gives_json = true},
        show_inventory);
  r.add("PUT", one,
        {.policy = "placement:resource_providers:inventories:update", .takes_json = true},
        update_one_inventory);
  r.add("DELETE", one, {.policy = "placement:resource_providers:inventories:delete"},
        remove_inventory);
}

void add_trait_routes(Routes& r) {
  r.add("GET", "/traits", {.policy = "placement:traits:list", .gives_json = true, .since = 6},
        list_traits);
  r.add("GET", "/traits/{name}", {.policy = "placement:traits:show", .since = 6}, show_trait);
  r.add("PUT", "/traits/{name}", {.policy = "placement:traits:update", .since = 6}, put_trait);
  r.add("DELETE", "/traits/{name}", {.policy = "placement:traits:delete", .since = 6},
        remove_trait);
  const std::string of_provider = "/resource_providers/{uuid}/traits";
  r.add("GET", of_provider,
        {.policy = "placement:resource_providers:traits:list", .gives_json = true, .since = 6},
        list_provider_traits);
  r.add("PUT", of_provider,
        {.policy = "placement:resource_providers:traits:update", .takes_json = true, .since = 6},
        set_provider_traits);
  r.add("DELETE", of_provider, {.policy = "placement:resource_providers:traits:delete", .since = 6},
        remove_provider_traits);
}

void add_class_routes(Routes& r) {
  const std::string_view all = "/resource_classes", one = "/resource_classes/{name}";
  r.add("GET", all, {.policy = "placement:resource_classes:list", .gives_json = true, .since = 2},
        list_classes);
  r.add("POST", all,
        {.policy = "placement:resource_classes:create", .takes_json = true, .since = 2},
        create_class);
  r.add("GET", one, {.policy = "placement:resource_classes:show", .gives_json = true, .since = 2},
        show_class);
  r.add("PUT", one, {.policy = "placement:resource_classes:update", .since = 2}, put_class);
  r.add("DELETE", one, {.policy = "placement:resource_classes:delete", .since = 2}, remove_class);
}

void add_allocation_routes(Routes& r) {
  const std::string_view one = "/allocations/{consumer_uuid}";
  r.add("POST", "/allocations",
        {.policy = "placement:allocations:manage", .takes_json = true, .since = 13},
        post_allocations);
  r.add("GET", one, {.policy = "placement:allocations:list", .gives_json = true}, show_allocations);
  r.add("PUT", one, {.policy = "placement:allocations:update", .takes_json = true},
        put_allocations);
  r.add("DELETE", one, {.policy = "placement:allocations:delete"}, remove_allocations);
  r.add("GET", "/allocation_candidates",
        {.policy = "placement:allocation_candidates:list", .gives_json = true, .since = 10},
        list_allocation_candidates);
  r.add("GET", "/usages", {.gives_json = true, .since = 9}, show_usages);  // asks its own policy
  r.add("POST", "/reshaper",
        {.policy = "placement:reshaper:reshape", .takes_json = true, .since = 30}, reshape);
}

access::Policy make_policy() {
  auto policy = access::Policy::make(kPolicies);
  if (!policy) throw std::logic_error("placement policies: " + policy.reason());
  return std::move(*policy);
}

}  // namespace

Placement::Impl::Impl(const resource::World& world)
    : parts{world, {}},
      service({.name = "placement",
               .type = "placement",
               .mount = "/placement",
               .endpoint = "",
               .description = "Placement Service",
               .mount_aliases = {},
               .project_behind = ""},
              std::make_unique<Dialect>(), make_policy()) {
  service.migrations({kMigrations, kMigrationsCount});
  service.route("GET", "", home, {.open = true});
  Routes routes(service, parts);
  add_provider_routes(routes);
  add_inventory_routes(routes);
  add_trait_routes(routes);
  add_class_routes(routes);
  add_allocation_routes(routes);
}

}  // namespace haneul::placement
