#include "services/keystone/endpoint.h"

#include <fmt/format.h>

#include "resource/field.h"
#include "services/keystone/dialect.h"
#include "services/keystone/endpoint_filter.h"
#include "services/keystone/extra.h"
#include "services/keystone/logic/catalog.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/catalog/core.py, keystone/api/endpoints.py
namespace haneul::keystone {
namespace {

using resource::Change;
using resource::create;
using resource::field;
using resource::update;

constexpr std::string_view kInterfaces[] = {"admin", "internal", "public"};
constexpr std::string_view kOwnKeys[] = {"region"};

constexpr auto kFields = resource::fields(
    field<&Endpoint::id>("id"),
    field<&Endpoint::service_id>("service_id")
        .settable(create | update)
        .required()
        .max(64)
        .filter(),
    field<&Endpoint::interface>("interface")
        .settable(create | update)
        .required()
        .one_of(kInterfaces)
        .filter()
        .sort_key(),
    field<&Endpoint::region_id>("region_id").settable(create | update).max(255).filter(),
    field<&Endpoint::url>("url").settable(create | update).required().max(225),
    field<&Endpoint::enabled>("enabled").settable(create | update).filter(),
    field<&Endpoint::extra>("extra").hidden());
static_assert(resource::complete<Endpoint>(kFields));

bool has_scheme(std::string_view url) {
  const auto colon = url.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 == url.size()) return false;
  return url.substr(0, colon).find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
             "XYZ0123456789+.-") == std::string_view::npos;
}

void check_url(const Change& change, const std::string& url) {
  if (!has_scheme(url)) {
    throw change.call.dialect().invalid({.kind = resource::Problem::Kind::malformed,
                                         .field = "url",
                                         .value = url,
                                         .expected = "URL"});
  }
  if (fill_url(url, "project", "user")) return;
  throw Fault::bad_request(fmt::format("Cannot create an endpoint with an invalid URL: {}.", url));
}

// The old key "region" makes the region if there is none; "region_id" must name one.
void take_region(Change& change, Endpoint& endpoint) {
  const json::Value* given = change.given.find("region_id");
  const json::Value* old_key = change.given.find("region");
  const bool by_old_key = (!given || given->is_null()) && old_key && !old_key->is_null();
  if (by_old_key) {
    if (!old_key->text() || old_key->text()->size() > 255) {
      throw change.call.dialect().invalid({.kind = resource::Problem::Kind::wrong_type,
                                           .field = "region",
                                           .value = *old_key,
                                           .expected = "string"});
    }
    endpoint.region_id = *old_key->text();
  }
  if (!endpoint.region_id) return;
  if (change.tx.text("SELECT id FROM regions WHERE id = ?", {*endpoint.region_id})) return;
  if (!by_old_key) throw expected("endpoint region_id", "region table");
  change.tx.execute("INSERT INTO regions (id, description) VALUES (?, '')", {*endpoint.region_id});
}

void complete_row(Change& change, Endpoint& endpoint) {
  check_url(change, endpoint.url);
  take_region(change, endpoint);
  if (!change.tx.text("SELECT id FROM catalog_services WHERE id = ?", {endpoint.service_id})) {
    throw expected("endpoint service_id", "service table");
  }
  keep_extra(kEndpoint, change.given, endpoint.extra, kOwnKeys);
}

resource::Hooks<Endpoint> view_hooks() {
  resource::Hooks<Endpoint> h;
  h.extras = [](const resource::Call&, db::Session&, std::span<const Endpoint>) {
    return [](const Endpoint& endpoint, json::Writer& w) {
      w.member("region", endpoint.region_id);
      write_extra(w, endpoint.extra);
    };
  };
  return h;
}

resource::Hooks<Endpoint> hooks(State& state) {
  resource::Hooks<Endpoint> h = view_hooks();
  h.before_create = complete_row;
  h.after_create = [&](Change& c, const Endpoint&) { state.epochs.change_all(c.tx); };
  h.before_update = [](Change& c, const Endpoint& old, Endpoint& fresh) {
    refuse_other_id(c.given, old.id);
    complete_row(c, fresh);
  };
  h.after_update = [&](Change& c, const Endpoint&, const Endpoint&) {
    state.epochs.change_all(c.tx);
  };
  h.after_remove = [&](Change& c, const Endpoint& endpoint) {
    remove_what_hangs_on_endpoint(c.tx, endpoint.id);
    state.epochs.change_all(c.tx);
  };
  return h;
}

}  // namespace

constinit const resource::Resource kEndpoint{
    .singular = "endpoint",
    .plural = "endpoints",
    .path = "/v3/endpoints",
    .table = "catalog_endpoints",
    .scope = resource::Scope::cloud,
    .policy = {"identity:create_endpoint", "identity:list_endpoints", "identity:get_endpoint",
               "identity:update_endpoint", "identity:delete_endpoint"},
    .event = "identity.endpoint",
    .update_method = "PATCH",
    .fields = kFields};

std::shared_ptr<const resource::Noun> plain_endpoint_noun() {
  return resource::make_noun<Endpoint>(kEndpoint, view_hooks());
}

void add_endpoints(resource::Service& service, State& state) {
  service.resource<Endpoint>(kEndpoint, hooks(state));
}

}  // namespace haneul::keystone
