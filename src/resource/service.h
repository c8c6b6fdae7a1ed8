#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/policy.h"
#include "db/migration.h"
#include "http/message.h"
#include "resource/call.h"
#include "resource/dialect.h"
#include "resource/hooks.h"
#include "resource/quota.h"

namespace haneul::resource {

using Handle = std::function<http::Response(Call&)>;

struct RouteOptions {
  bool open = false;  // answers without a token; a good token is still read if one came
  http::BodyPlan body{};
};

struct Route {
  std::string method, pattern;  // the pattern without the mount: "/v3/projects/{id}"
  std::string action;           // key of the body, for POST …/action routes
  Handle handle;
  RouteOptions options;
};

struct Job {
  std::string name;
  Duration every;
  std::function<void()> run;  // on the flow pool; one at a time
};

// What one OpenStack service is made of. Filled at start by the service's service.cc, then read by
// all threads.
class Service {
 public:
  struct Facts {
    std::string_view name;                        // "nova"
    std::string_view type;                        // "compute"
    std::string_view mount;                       // "/compute"
    std::string_view endpoint;                    // appended to mount in the catalog: "/v2.1"
    std::string_view description;                 // "Nova Compute Service", as catalogs name it
    std::vector<std::string_view> mount_aliases;  // "" for Keystone: /v3 works as well
    // Paths may carry the project behind the version: /v2.1/{project_id}/servers (Nova, Cinder).
    std::string_view project_behind;  // "/v2.1", or empty
    // "/v2.0/networks/" is "/v2.0/networks" (Neutron); elsewhere only versions' roots may end so.
    bool ignores_trailing_slash = false;
  };
  Service(Facts facts, std::unique_ptr<Dialect> dialect, access::Policy policy);

  const Facts& facts() const { return facts_; }
  std::string_view mount() const { return facts_.mount; }
  const Dialect& dialect() const { return *dialect_; }
  const access::Policy& policy() const { return policy_; }

  void route(std::string_view method, std::string_view pattern, Handle handle,
             RouteOptions options = {});
  // POST `pattern` with a body of the one key `name`.
  void action(std::string_view pattern, std::string_view name, Handle handle);
  // The five verbs as far as the resource names their policies.
  template <class T>
  void resource(const Resource& r, Hooks<T> hooks = {}) {
    noun(make_noun<T>(r, std::move(hooks)));
  }
  void noun(const std::shared_ptr<const Noun>& noun);
  void every(Duration interval, std::string name, std::function<void()> run);
  // `steps` must live as long as the program.
  void migrations(std::span<const db::Migration> steps) { migrations_ = steps; }
  void limits(std::vector<QuotaLimit> limits) { limits_ = std::move(limits); }

  const std::vector<Route>& routes() const { return routes_; }
  const std::vector<Job>& jobs() const { return jobs_; }
  const std::vector<QuotaLimit>& limits() const { return limits_; }
  db::ModuleMigrations migrations() const { return {facts_.name, migrations_}; }

 private:
  Facts facts_;
  std::unique_ptr<Dialect> dialect_;
  access::Policy policy_;
  std::vector<Route> routes_;
  std::vector<Job> jobs_;
  std::vector<QuotaLimit> limits_;
  std::span<const db::Migration> migrations_;
};

}  // namespace haneul::resource
