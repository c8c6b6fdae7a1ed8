#include "services/keystone/mapping.h"

#include "resource/field.h"
#include "services/keystone/dialect.h"
#include "services/keystone/identity_provider.h"
#include "services/keystone/logic/mapping_schema.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/os_federation.py
namespace haneul::keystone {
namespace {

using resource::Change;
using resource::create;
using resource::field;
using resource::update;

constexpr auto kFields = resource::fields(
    field<&Mapping::id>("id"), field<&Mapping::rules>("rules").settable(create | update),
    field<&Mapping::schema_version>("schema_version").settable(create | update).max(5));
static_assert(resource::complete<Mapping>(kFields));

// An update replaces the whole: what it does not give is the default again.
void check(const State& state, const Change& change, Mapping& row) {
  if (!change.given.has("rules")) throw Fault::bad_request("'rules' is a required property");
  const json::Value* version = change.given.find("schema_version");
  if (!version || row.schema_version.empty()) {
    row.schema_version = state.options.mapping_schema_version;
  }
  if (!is_mapping_schema(row.schema_version)) {
    throw Fault::bad_request("'" + row.schema_version + "' is not one of ['1.0', '2.0']");
  }
  const std::string why = mapping_problems(row.rules, row.schema_version);
  if (!why.empty()) throw Fault::bad_request(why);
}

resource::Hooks<Mapping> hooks(State& state) {
  resource::Hooks<Mapping> h;
  h.before_create = [&](Change& c, Mapping& row) {
    row.id = c.call.param("id");
    check_federation_id(row.id);
    check(state, c, row);
    if (c.tx.text("SELECT id FROM mappings WHERE id = ?", {row.id})) {
      throw conflict("mapping", "Duplicate entry");
    }
  };
  h.before_update = [&](Change& c, const Mapping&, Mapping& fresh) { check(state, c, fresh); };
  return h;
}

}  // namespace

constinit const resource::Resource kMapping{
    .singular = "mapping",
    .plural = "mappings",
    .path = "/v3/OS-FEDERATION/mappings",
    .scope = resource::Scope::cloud,
    .policy = {"identity:create_mapping", "identity:list_mappings", "identity:get_mapping",
               "identity:update_mapping", "identity:delete_mapping"},
    .event = "identity.mapping",
    .update_method = "PATCH",
    .fields = kFields};

Mapping mapping_or_fault(db::Session& session, std::string_view id) {
  static const resource::Store<Mapping> kStore(kMapping);
  auto row = kStore.find(session, id);
  if (!row) throw no_such("mapping", id);
  return std::move(*row);
}

void add_mappings(resource::Service& service, State& state) {
  add_named_noun(service, resource::make_noun<Mapping>(kMapping, hooks(state)));
}

}  // namespace haneul::keystone
