#include "resource/service.h"

#include "resource/crud.h"

namespace haneul::resource {

Service::Service(Facts facts, std::unique_ptr<Dialect> dialect, access::Policy policy)
    : facts_(std::move(facts)), dialect_(std::move(dialect)), policy_(std::move(policy)) {}

void Service::route(std::string_view method, std::string_view pattern, Handle handle,
                    RouteOptions options) {
  routes_.push_back({std::string(method), std::string(pattern), "", std::move(handle), options});
}

void Service::action(std::string_view pattern, std::string_view name, Handle handle) {
  routes_.push_back({"POST", std::string(pattern), std::string(name), std::move(handle), {}});
}

void Service::every(Duration interval, std::string name, std::function<void()> run) {
  jobs_.push_back({std::move(name), interval, std::move(run)});
}

void Service::noun(const std::shared_ptr<const Noun>& noun) {
  const Resource& r = noun->resource;
  const std::string all(r.path), one = all + "/{id}";
  if (!r.policy.create.empty()) {
    route("POST", all, [noun](Call& c) { return create_one(c, *noun); });
  }
  if (!r.policy.list.empty()) {
    route("GET", all, [noun](Call& c) { return list_all(c, *noun); });
  }
  if (!r.policy.show.empty()) {
    route("GET", one, [noun](Call& c) { return show_one(c, *noun, c.param("id")); });
  }
  if (!r.policy.update.empty()) {
    route(r.update_method, one, [noun](Call& c) { return update_one(c, *noun, c.param("id")); });
  }
  if (!r.policy.remove.empty()) {
    route("DELETE", one, [noun](Call& c) { return remove_one(c, *noun, c.param("id")); });
  }
}

}  // namespace haneul::resource
