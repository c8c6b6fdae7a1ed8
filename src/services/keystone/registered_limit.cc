#include "services/keystone/registered_limit.h"

#include <fmt/format.h>

#include "resource/field.h"
#include "services/keystone/extra.h"
#include "services/keystone/limit_batch.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/limit/core.py, keystone/api/registered_limits.py
namespace haneul::keystone {
namespace {

using resource::Call;
using resource::Change;
using resource::create;
using resource::field;
using resource::update;
using Row = RegisteredLimit;

constexpr auto kFields = resource::fields(
    field<&Row::id>("id"),
    field<&Row::service_id>("service_id").settable(create | update).required().max(64).filter(),
    field<&Row::region_id>("region_id").settable(create | update).max(255).filter(),
    field<&Row::resource_name>("resource_name")
        .settable(create | update)
        .required()
        .range(1, 255)
        .filter(),
    field<&Row::default_limit>("default_limit")
        .settable(create | update)
        .required()
        .range(-1, 0x7fffffff),
    field<&Row::description>("description").settable(create | update));
static_assert(resource::complete<Row>(kFields));

void refuse_used(db::Session& session, const Row& row) {
  if (!session.text("SELECT id FROM limits WHERE registered_limit_id = ? LIMIT 1", {row.id}))
    return;
  throw Fault::forbidden(
      fmt::format("Unable to update or delete registered limit {} because there "
                  "are project limits associated with it.",
                  row.id));
}

void refuse_same(db::Session& session, const Row& row) {
  const auto taken = session.text(
      "SELECT id FROM registered_limits WHERE service_id = ? AND "
      "region_id = ? AND resource_name = ?",
      {row.service_id, row.region_id.text, row.resource_name});
  if (taken && *taken != row.id) throw conflict("registered_limit", "Duplicate entry");
}

void complete_row(db::Session& session, const Row& row) {
  check_limit_place(session, "registered_limit", row.service_id, row.region_id);
  refuse_same(session, row);
}

void before_update(Change& change, const Row& old, Row& fresh) {
  refuse_other_id(change.given, old.id);
  refuse_used(change.tx, old);
  complete_row(change.tx, fresh);
}

resource::Hooks<Row> hooks() {
  resource::Hooks<Row> h;
  h.before_update = before_update;
  h.before_remove = [](Change& c, const Row& row) { refuse_used(c.tx, row); };
  return h;
}

}  // namespace

constinit const resource::Resource kRegisteredLimit{
    .singular = "registered_limit",
    .plural = "registered_limits",
    .path = "/v3/registered_limits",
    .scope = resource::Scope::cloud,
    .policy = {"", "identity:list_registered_limits", "identity:get_registered_limit",
               "identity:update_registered_limit", "identity:delete_registered_limit"},
    .event = "identity.registered_limit",
    .update_method = "PATCH",
    .fields = kFields};

void check_limit_place(db::Session& session, std::string_view what, const std::string& service_id,
                       const MaybeId& region_id) {
  if (!session.text("SELECT id FROM catalog_services WHERE id = ?", {service_id})) {
    throw expected("service_id", what);
  }
  if (region_id.empty()) return;
  if (!session.text("SELECT id FROM regions WHERE id = ?", {region_id.text})) {
    throw expected("region_id", what);
  }
}

void add_registered_limits(resource::Service& service, State&) {
  service.resource<Row>(kRegisteredLimit, hooks());
  service.route("POST", kRegisteredLimit.path,
                [noun = resource::make_noun<Row>(kRegisteredLimit, hooks()),
                 store = resource::Store<Row>(kRegisteredLimit)](Call& c) {
                  return create_batch<Row>(c, *noun, store, "identity:create_registered_limits",
                                           complete_row);
                });
}

}  // namespace haneul::keystone
