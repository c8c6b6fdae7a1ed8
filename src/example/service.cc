#include "resource/service.h"

#include "example/dialect.h"
#include "example/example.h"
#include "example/lamp.h"

namespace haneul::example {

extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;

namespace {

using access::kProject;

constexpr std::string_view kMember = "rule:admin or (role:member and project_id:%(project_id)s)";
constexpr std::string_view kReader = "rule:admin or (role:reader and project_id:%(project_id)s)";

constexpr access::PolicyDefault kPolicies[] = {
    {"admin", "role:admin"},
    {"lamps:create", kMember, kProject, "POST /v1/lamps"},
    {"lamps:list", kReader, kProject, "GET /v1/lamps"},
    {"lamps:show", kReader, kProject, "GET /v1/lamps/{id}"},
    {"lamps:update", kMember, kProject, "PUT /v1/lamps/{id}"},
    {"lamps:delete", kMember, kProject, "DELETE /v1/lamps/{id}"},
    {"lamps:switch", kMember, kProject, "POST /v1/lamps/{id}/action switch"},
};

}  // namespace

resource::Service example_service() {
  resource::Service service(
      {.name = "example", .type = "lighting", .mount = "/lighting", .endpoint = "/v1"},
      std::make_unique<Dialect>(), *access::Policy::make(kPolicies));
  service.migrations({kMigrations, kMigrationsCount});
  service.limits({{"lamps", 10}});
  service.noun(lamp_noun());
  service.action("/v1/lamps/{id}/action", "switch", switch_lamp);
  return service;
}

}  // namespace haneul::example
