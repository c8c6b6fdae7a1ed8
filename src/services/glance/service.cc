#include "resource/service.h"

#include "services/glance/impl.h"
#include "services/glance/policies.h"
#include "services/glance/task.h"

namespace haneul::glance {

extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;

namespace {

class Routes {
 public:
  Routes(resource::Service& service, Parts& parts) : service_(service), parts_(parts) {}

  void add(std::string_view method, std::string_view pattern, Handle handle,
           resource::RouteOptions options = {}) {
    service_.route(
        method, pattern,
        [handle, &parts = parts_](resource::Call& call) { return handle(call, parts); }, options);
  }

 private:
  resource::Service& service_;
  Parts& parts_;
};

void add_version_routes(resource::Service& service) {
  const resource::RouteOptions open{.open = true};
  service.route(
      "GET", "", [](resource::Call& c) { return show_versions(c, 300); }, open);
  service.route(
      "GET", "/versions", [](resource::Call& c) { return show_versions(c, 200); }, open);
}

void add_image_routes(Routes& r) {
  const std::string one = "/v2/images/{image_id}";
  r.add("GET", "/v2/images", list_images);
  r.add("POST", "/v2/images", create_image);
  r.add("GET", one, show_image);
  r.add("PATCH", one, update_image);
  r.add("DELETE", one, remove_image);
  // The size is checked while it streams, with Glance's own words.
  const resource::RouteOptions stream{.body = {.stream = true, .bytes_max = UINT64_MAX}};
  r.add("PUT", one + "/file", upload_data, stream);
  r.add("GET", one + "/file", download_data);
  r.add("PUT", one + "/stage", stage_data, stream);
  r.add("POST", one + "/import", import_image);
  r.add("POST", one + "/actions/deactivate", deactivate_image);
  r.add("POST", one + "/actions/reactivate", reactivate_image);
  r.add("PUT", one + "/tags/{tag}", add_tag);
  r.add("DELETE", one + "/tags/{tag}", remove_tag);
  r.add("GET", one + "/tasks", list_image_tasks);
}

void add_member_routes(Routes& r) {
  const std::string all = "/v2/images/{image_id}/members", one = all + "/{member_id}";
  r.add("GET", all, list_members);
  r.add("POST", all, add_member);
  r.add("GET", one, show_member);
  r.add("PUT", one, update_member);
  r.add("DELETE", one, remove_member);
}

void add_other_routes(Routes& r) {
  r.add("GET", "/v2/tasks", list_tasks);
  r.add("GET", "/v2/tasks/{task_id}", show_task);
  r.add("GET", "/v2/info/import", show_import_methods);
  r.add("GET", "/v2/info/stores", show_stores);
  r.add("GET", "/v2/info/stores/detail", show_stores);
  r.add("GET", "/v2/info/usage", show_usage);
}

access::Policy make_policy() {
  auto policy = access::Policy::make(kPolicies);
  if (!policy) throw std::logic_error("Glance's policies: " + policy.reason());
  return std::move(*policy);
}

}  // namespace

Glance::Impl::Impl(const resource::World& world, Options options)
    : parts{world, options, BlobStore(options.directory), {}},
      service({.name = "glance",
               .type = "image",
               .mount = "/image",
               .endpoint = "",
               .description = "Glance Image Service",
               .mount_aliases = {},
               .project_behind = ""},
              std::make_unique<Dialect>(), make_policy()) {
  service.migrations({kMigrations, kMigrationsCount});
  add_version_routes(service);
  add_schema_routes(service);
  Routes routes(service, parts);
  add_image_routes(routes);
  add_member_routes(routes);
  add_other_routes(routes);
  service.every(std::chrono::hours(1), "glance: forget old tasks", [this] {
    parts.world.db.write(
        [&](db::Transaction& tx) { remove_expired_tasks(tx, parts.world.clock.now()); });
  });
}

}  // namespace haneul::glance
