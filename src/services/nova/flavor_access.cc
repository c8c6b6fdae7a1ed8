#include "services/nova/flavor_access.h"

#include <fmt/format.h>

#include "services/nova/dialect.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Form;

http::Response access_answer(db::Session& session, const std::string& flavor) {
  json::Writer w;
  w.begin_object().key("flavor_access").begin_array();
  auto rows = session.query(
      "SELECT project_id FROM flavor_access WHERE flavor_id = ? ORDER BY project_id", {flavor});
  while (rows.next()) {
    w.begin_object().member("flavor_id", flavor).member("tenant_id", rows.text(0)).end_object();
  }
  w.end_array().end_object();
  return http::Response::json(200, w.take());
}

http::Response list_access(Call& call, const FlavorStore& flavors) {
  call.enforce("os_compute_api:os-flavor-access");
  return call.db().read([&](db::Session& session) {
    const auto f = find_flavor(call, session, flavors, call.param("id"));
    if (!f) throw no_flavor(call.param("id"));
    if (f->is_public) {
      throw Fault::not_found("Access list not available for public flavors.");
    }
    return access_answer(session, f->id);
  });
}

http::Response change_access(Call& call, const FlavorStore& flavors, bool add) {
  call.enforce(add ? "os_compute_api:os-flavor-access:add_tenant_access"
                   : "os_compute_api:os-flavor-access:remove_tenant_access");
  Form form = call.form(add ? "addTenantAccess" : "removeTenantAccess");
  const std::string tenant = form.required_text("tenant", {.chars_min = 1});
  form.done();
  return call.db().write([&](db::Transaction& tx) {
    const auto f = find_flavor(call, tx, flavors, call.param("id"));
    if (!f) throw no_flavor(call.param("id"));
    if (add && f->is_public && call.since(7)) {
      throw Fault::conflict("Can not add access to a public flavor.");
    }
    const auto rows = tx.execute(
        add ? "INSERT INTO flavor_access (flavor_id, project_id) SELECT ?1, ?2 WHERE NOT EXISTS"
              " (SELECT 1 FROM flavor_access WHERE flavor_id = ?1 AND project_id = ?2)"
            : "DELETE FROM flavor_access WHERE flavor_id = ?1 AND project_id = ?2",
        {f->id, tenant});
    if (rows == 0 && add) {
      throw Fault::conflict(
          fmt::format("Flavor access already exists for flavor {} and project {} "
                      "combination.",
                      f->id, tenant));
    }
    if (rows == 0) {
      throw Fault::not_found(
          fmt::format("Flavor access not found for {} / {} combination.", f->id, tenant));
    }
    return access_answer(tx, f->id);
  });
}

}  // namespace

void add_flavor_access_routes(resource::Service& s, const FlavorStore& flavors) {
  const auto with = [&flavors](auto handle, auto... args) {
    return [&flavors, handle, args...](Call& c) { return handle(c, flavors, args...); };
  };
  s.route("GET", "/v2.1/flavors/{id}/os-flavor-access", with(list_access));
  s.action("/v2.1/flavors/{id}/action", "addTenantAccess", with(change_access, true));
  s.action("/v2.1/flavors/{id}/action", "removeTenantAccess", with(change_access, false));
}

}  // namespace haneul::nova
