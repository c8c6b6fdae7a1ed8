#include "services/keystone/identity_provider.h"

#include <set>

#include <fmt/format.h>

#include "base/id.h"
#include "base/text.h"
#include "resource/crud.h"
#include "resource/field.h"
#include "services/keystone/dialect.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/os_federation.py, keystone/federation/core.py
namespace haneul::keystone {
namespace {

using resource::Change;
using resource::create;
using resource::field;
using resource::update;

constexpr std::size_t kRemoteIdCharsMax = 255, kRemoteIdsMax = 1000;

resource::Refusal remote_ids(json::Value& value) {
  if (value.is_null()) value = json::Array();
  if (!value.array()) return resource::python_repr(value) + " is not of type 'array', 'null'";
  if (value.array()->size() > kRemoteIdsMax) return "there are too many remote ids";
  std::set<std::string_view> seen;
  for (const json::Value& one : *value.array()) {
    if (!one.text()) return resource::python_repr(one) + " is not of type 'string'";
    if (utf8_length(*one.text()) > kRemoteIdCharsMax) {
      return resource::python_repr(one) + " is too long";
    }
    if (!seen.insert(*one.text()).second) {
      return resource::python_repr(value) + " has non-unique elements";
    }
  }
  return std::nullopt;
}

constexpr auto kFields = resource::fields(
    field<&IdentityProvider::id>("id").filter(),
    field<&IdentityProvider::domain_id>("domain_id").settable(create).range(1, 64),
    field<&IdentityProvider::enabled>("enabled").settable(create | update).filter(),
    field<&IdentityProvider::description>("description").settable(create | update).max(64 * 1024),
    field<&IdentityProvider::authorization_ttl>("authorization_ttl")
        .settable(create | update)
        .range(0, 1'000'000'000),
    field<&IdentityProvider::remote_ids>("remote_ids")
        .settable(create | update)
        .checked(remote_ids));
static_assert(resource::complete<IdentityProvider>(kFields));

// Users of a provider live in its domain, which is made for it if none is named.
std::string new_domain(State& state, db::Transaction& tx, const std::string& idp_id) {
  Project domain;
  domain.id = domain.name = new_hex_id();
  domain.is_domain = true;
  domain.description = "Auto generated federated domain for Identity Provider: " + idp_id;
  state.projects.insert(tx, domain);
  state.epochs.change_all(tx);
  return domain.id;
}

void keep_remote_ids(db::Transaction& tx, const IdentityProvider& idp) {
  tx.execute("DELETE FROM idp_remote_ids WHERE idp_id = ?", {idp.id});
  for (const auto& remote : idp.remote_ids) {
    if (tx.text("SELECT idp_id FROM idp_remote_ids WHERE remote_id = ?", {remote})) {
      throw conflict("identity_provider", "Duplicate remote ID: " + remote);
    }
    tx.execute("INSERT INTO idp_remote_ids (remote_id, idp_id) VALUES (?, ?)", {remote, idp.id});
  }
}

void before_create(State& state, Change& change, IdentityProvider& idp) {
  idp.id = change.call.param("id");
  check_federation_id(idp.id);
  if (change.tx.text("SELECT id FROM identity_providers WHERE id = ?", {idp.id})) {
    throw conflict("identity_provider", "Duplicate entry: " + idp.id);
  }
  if (idp.domain_id.empty()) {
    idp.domain_id.text = new_domain(state, change.tx, idp.id);
  } else {
    domain_or_fault(state, change.tx, idp.domain_id.text);
  }
  keep_remote_ids(change.tx, idp);
}

constexpr std::string_view kLeftovers[] = {"DELETE FROM idp_remote_ids WHERE idp_id = ?",
                                           "DELETE FROM federation_protocols WHERE idp_id = ?",
                                           "DELETE FROM federated_users WHERE idp_id = ?",
                                           "DELETE FROM expiring_group_members WHERE idp_id = ?"};

void remove_leftovers(db::Transaction& tx, const std::string& idp_id) {
  for (const auto sql : kLeftovers) tx.execute(sql, {idp_id});
}

resource::Hooks<IdentityProvider> hooks(State& state) {
  resource::Hooks<IdentityProvider> h;
  h.before_create = [&](Change& c, IdentityProvider& idp) { before_create(state, c, idp); };
  h.before_update = [](Change& c, const IdentityProvider&, IdentityProvider& fresh) {
    if (c.given.empty()) throw Fault::bad_request("{} does not have enough properties");
    if (c.given.has("remote_ids")) keep_remote_ids(c.tx, fresh);
  };
  h.after_remove = [&](Change& c, const IdentityProvider& idp) {
    remove_leftovers(c.tx, idp.id);
    state.epochs.change_all(c.tx);
  };
  return h;
}

}  // namespace

constinit const resource::Resource kIdentityProvider{
    .singular = "identity_provider",
    .plural = "identity_providers",
    .path = "/v3/OS-FEDERATION/identity_providers",
    .scope = resource::Scope::cloud,
    .policy = {"identity:create_identity_provider", "identity:list_identity_providers",
               "identity:get_identity_provider", "identity:update_identity_provider",
               "identity:delete_identity_provider"},
    .event = "identity.identity_provider",
    .update_method = "PATCH",
    .fields = kFields};

void add_named_noun(resource::Service& service, const std::shared_ptr<const resource::Noun>& noun) {
  using resource::Call;
  const std::string all(noun->resource.path), one = all + "/{id}";
  service.route("GET", all, [noun](Call& c) { return list_all(c, *noun); });
  service.route("PUT", one, [noun](Call& c) { return create_one(c, *noun); });
  service.route("GET", one, [noun](Call& c) { return show_one(c, *noun, c.param("id")); });
  service.route("PATCH", one, [noun](Call& c) { return update_one(c, *noun, c.param("id")); });
  service.route("DELETE", one, [noun](Call& c) { return remove_one(c, *noun, c.param("id")); });
}

void check_federation_id(std::string_view id) {
  if (utf8_length(id) <= kFederationIdCharsMax) return;
  throw Fault::bad_request(fmt::format("Invalid input for field 'id': {} is too long",
                                       resource::python_repr(json::Value(std::string(id)))));
}

IdentityProvider identity_provider_or_fault(db::Session& session, std::string_view id) {
  static const resource::Store<IdentityProvider> kStore(kIdentityProvider);
  auto idp = kStore.find(session, id);
  if (!idp) throw no_such("Identity Provider", id);
  return std::move(*idp);
}

IdentityProvider enabled_identity_provider(db::Session& session, std::string_view id) {
  auto idp = identity_provider_or_fault(session, id);
  if (!idp.enabled) throw Fault::forbidden(fmt::format("Identity Provider {} is disabled", id));
  return idp;
}

void remove_identity_providers_of_domain(db::Transaction& tx, const std::string& domain_id) {
  std::vector<std::string> ids;
  {
    db::Rows rows = tx.query("SELECT id FROM identity_providers WHERE domain_id = ?", {domain_id});
    while (rows.next()) ids.push_back(rows.string(0));
  }
  for (const auto& id : ids) remove_leftovers(tx, id);
  tx.execute("DELETE FROM identity_providers WHERE domain_id = ?", {domain_id});
}

void add_identity_providers(resource::Service& service, State& state) {
  add_named_noun(service, resource::make_noun<IdentityProvider>(kIdentityProvider, hooks(state)));
}

}  // namespace haneul::keystone
