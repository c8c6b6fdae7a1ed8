#include "services/keystone/region.h"

#include <fmt/format.h>

#include "resource/crud.h"
#include "resource/field.h"
#include "services/keystone/dialect.h"
#include "services/keystone/extra.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/catalog/core.py, keystone/api/regions.py
namespace haneul::keystone {
namespace {

using resource::Call;
using resource::Change;
using resource::create;
using resource::field;
using resource::update;

constexpr auto kFields = resource::fields(field<&Region::id>("id").settable(create).max(255),
                                          field<&Region::parent_region_id>("parent_region_id")
                                              .settable(create | update)
                                              .range(1, 255)
                                              .filter(),
                                          field<&Region::description>("description"),
                                          field<&Region::extra>("extra").hidden());
static_assert(resource::complete<Region>(kFields));

void take_description(Change& change, Region& region) {
  const json::Value* given = change.given.find("description");
  if (!given) return;
  if (!given->is_null() && !given->text()) {
    throw change.call.dialect().invalid({.kind = resource::Problem::Kind::wrong_type,
                                         .field = "description",
                                         .value = *given,
                                         .expected = "string"});
  }
  region.description = given->text() ? *given->text() : "";
}

// Walks up from the parent; a region may not be above itself.
void check_parent(db::Session& session, const Region& region) {
  if (!region.parent_region_id) return;
  std::optional<std::string> at = region.parent_region_id;
  for (bool first = true; at && !at->empty(); first = false) {
    if (*at == region.id) {
      throw Fault::bad_request(
          fmt::format("The specified parent region {} would create a circular "
                      "region hierarchy.",
                      *region.parent_region_id));
    }
    db::Rows rows = session.query("SELECT parent_region_id FROM regions WHERE id = ?", {*at});
    if (!rows.next() && first) throw no_such("region", *at);
    at = rows.is_null(0) ? std::nullopt : std::optional(rows.string(0));
  }
}

// PUT /v3/regions/{id} names it in the path.
void take_id_of_path(const Change& change, Region& region) {
  const auto& id = change.call.param("id");
  if (id.empty()) return;
  if (change.given.has("id") && region.id != id) {
    throw Fault::bad_request(
        fmt::format("Conflicting region IDs specified: \"{}\" != \"{}\"", id, region.id));
  }
  region.id = id;
}

void before_create(Change& change, Region& region) {
  take_id_of_path(change, region);
  take_description(change, region);
  keep_extra(kRegion, change.given, region.extra);
  if (change.tx.text("SELECT id FROM regions WHERE id = ?", {region.id})) {
    throw conflict("region", fmt::format("Duplicate ID, {}.", region.id));
  }
  check_parent(change.tx, region);
}

void before_update(Change& change, const Region& old, Region& fresh) {
  refuse_other_id(change.given, old.id);
  take_description(change, fresh);
  keep_extra(kRegion, change.given, fresh.extra);
  check_parent(change.tx, fresh);
}

constexpr std::string_view kBelow =
    "WITH RECURSIVE below(id) AS (SELECT id FROM regions WHERE id = ? UNION SELECT r.id FROM "
    "regions r JOIN below b ON r.parent_region_id = b.id) ";

void before_remove(Change& change, const Region& region) {
  static const std::string kUsed =
      std::string(kBelow) +
      "SELECT id FROM catalog_endpoints WHERE region_id IN (SELECT id FROM below) LIMIT 1";
  static const std::string kDissociate =
      std::string(kBelow) +
      "DELETE FROM policy_associations WHERE region_id IN (SELECT id FROM below)";
  static const std::string kRemove =
      std::string(kBelow) + "DELETE FROM regions WHERE id IN (SELECT id FROM below)";
  if (change.tx.text(kUsed, {region.id})) {
    throw Fault::forbidden(
        fmt::format("Unable to delete region {} because it or its child regions "
                    "have associated endpoints.",
                    region.id));
  }
  change.tx.execute(kDissociate, {region.id});
  change.tx.execute(kRemove, {region.id});
}

resource::Hooks<Region> hooks(State& state) {
  resource::Hooks<Region> h;
  h.before_create = before_create;
  h.before_update = before_update;
  h.before_remove = before_remove;
  h.after_update = [&](Change& c, const Region&, const Region&) { state.epochs.change_all(c.tx); };
  h.after_remove = [&](Change& c, const Region&) { state.epochs.change_all(c.tx); };
  h.extras = [](const Call&, db::Session&, std::span<const Region>) {
    return [](const Region& region, json::Writer& w) { write_extra(w, region.extra); };
  };
  return h;
}

}  // namespace

constinit const resource::Resource kRegion{
    .singular = "region",
    .plural = "regions",
    .path = "/v3/regions",
    .scope = resource::Scope::cloud,
    .policy = {"identity:create_region", "identity:list_regions", "identity:get_region",
               "identity:update_region", "identity:delete_region"},
    .event = "identity.region",
    .update_method = "PATCH",
    .fields = kFields,
    .id_given = true};

void add_regions(resource::Service& service, State& state) {
  service.resource<Region>(kRegion, hooks(state));
  service.route("PUT", "/v3/regions/{id}",
                [noun = resource::make_noun<Region>(kRegion, hooks(state))](Call& c) {
                  return create_one(c, *noun);
                });
}

}  // namespace haneul::keystone
