#include "services/keystone/catalog_service.h"

#include "resource/field.h"
#include "services/keystone/extra.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/catalog/core.py, keystone/api/services.py
namespace haneul::keystone {
namespace {

using resource::Change;
using resource::create;
using resource::field;
using resource::update;
using Row = CatalogServiceRow;

constexpr auto kFields =
    resource::fields(field<&Row::id>("id"),
                     field<&Row::type>("type")
                         .settable(create | update)
                         .required()
                         .range(1, 255)
                         .filter()
                         .sort_key(),
                     field<&Row::name>("name")
                         .settable(create | update)
                         .max(255)
                         .not_null()
                         .filter()
                         .sort_key()
                         .hidden(),
                     field<&Row::enabled>("enabled").settable(create | update).filter(),
                     field<&Row::extra>("extra").hidden());
static_assert(resource::complete<Row>(kFields));

resource::Hooks<Row> hooks(State& state) {
  resource::Hooks<Row> h;
  h.before_create = [](Change& c, Row& row) { keep_extra(kCatalogService, c.given, row.extra); };
  h.after_create = [&](Change& c, const Row&) { state.epochs.change_all(c.tx); };
  h.before_update = [](Change& c, const Row& old, Row& fresh) {
    refuse_other_id(c.given, old.id);
    keep_extra(kCatalogService, c.given, fresh.extra);
  };
  h.after_update = [&](Change& c, const Row&, const Row&) { state.epochs.change_all(c.tx); };
  h.after_remove = [&](Change& c, const Row& row) {
    c.tx.execute(
        "DELETE FROM project_endpoints WHERE endpoint_id IN (SELECT id FROM catalog_endpoints "
        "WHERE service_id = ?)",
        {row.id});
    c.tx.execute(
        "DELETE FROM policy_associations WHERE endpoint_id IN (SELECT id FROM catalog_endpoints "
        "WHERE service_id = ?)",
        {row.id});
    c.tx.execute("DELETE FROM policy_associations WHERE service_id = ?", {row.id});
    c.tx.execute("DELETE FROM catalog_endpoints WHERE service_id = ?", {row.id});
    state.epochs.change_all(c.tx);
  };
  h.extras = [](const resource::Call&, db::Session&, std::span<const Row>) {
    return [](const Row& row, json::Writer& w) {
      if (row.name) w.member("name", *row.name);
      write_extra(w, row.extra);
    };
  };
  return h;
}

}  // namespace

constinit const resource::Resource kCatalogService{
    .singular = "service",
    .plural = "services",
    .path = "/v3/services",
    .table = "catalog_services",
    .scope = resource::Scope::cloud,
    .policy = {"identity:create_service", "identity:list_services", "identity:get_service",
               "identity:update_service", "identity:delete_service"},
    .event = "identity.service",
    .update_method = "PATCH",
    .fields = kFields};

void add_catalog_services(resource::Service& service, State& state) {
  service.resource<Row>(kCatalogService, hooks(state));
}

}  // namespace haneul::keystone
