#include "services/keystone/service_provider.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "resource/field.h"
#include "services/keystone/dialect.h"
#include "services/keystone/identity_provider.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/os_federation.py, keystone/federation/schema.py
namespace haneul::keystone {
namespace {

using resource::Change;
using resource::create;
using resource::field;
using resource::update;

constexpr std::size_t kUrlCharsMax = 225;

bool is_scheme_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '.' || c == '-';
}

resource::Refusal url(json::Value& value) {
  const std::string* text = value.text();
  const auto shown = resource::python_repr(value);
  if (!text) return shown + " is not of type 'string'";
  if (utf8_length(*text) > kUrlCharsMax) return shown + " is too long";
  const auto colon = std::find_if_not(text->begin(), text->end(), is_scheme_character);
  const bool fits = colon != text->begin() && colon != text->end() && *colon == ':' &&
                    colon + 1 != text->end() && *(colon + 1) != '\n';
  // It travels in a header (X-sp-url).
  const bool printable =
      std::none_of(text->begin(), text->end(), [](unsigned char c) { return c < ' ' || c == 127; });
  if (fits && printable) return std::nullopt;
  return shown + " does not match '^[a-zA-Z0-9+.-]+:.+'";
}

constexpr auto kFields = resource::fields(
    field<&ServiceProvider::id>("id").filter(),
    field<&ServiceProvider::auth_url>("auth_url").settable(create | update).required().checked(url),
    field<&ServiceProvider::sp_url>("sp_url").settable(create | update).required().checked(url),
    field<&ServiceProvider::enabled>("enabled").settable(create | update).filter(),
    field<&ServiceProvider::description>("description").settable(create | update).max(64 * 1024),
    field<&ServiceProvider::relay_state_prefix>("relay_state_prefix")
        .settable(create | update)
        .max(256));
static_assert(resource::complete<ServiceProvider>(kFields));

void complete_row(const State& state, ServiceProvider& row) {
  if (!row.relay_state_prefix) row.relay_state_prefix = state.options.saml_relay_state_prefix;
}

resource::Hooks<ServiceProvider> hooks(State& state) {
  resource::Hooks<ServiceProvider> h;
  h.before_create = [&](Change& c, ServiceProvider& row) {
    row.id = c.call.param("id");
    check_federation_id(row.id);
    if (c.tx.text("SELECT id FROM service_providers WHERE id = ?", {row.id})) {
      throw conflict("service_provider", "Duplicate entry found with ID " + row.id);
    }
    complete_row(state, row);
  };
  h.before_update = [&](Change& c, const ServiceProvider&, ServiceProvider& fresh) {
    if (c.given.empty()) throw Fault::bad_request("{} does not have enough properties");
    complete_row(state, fresh);
  };
  // Tokens list them.
  h.after_create = [&](Change& c, const ServiceProvider&) { state.epochs.change_all(c.tx); };
  h.after_update = [&](Change& c, const ServiceProvider&, const ServiceProvider&) {
    state.epochs.change_all(c.tx);
  };
  h.after_remove = [&](Change& c, const ServiceProvider&) { state.epochs.change_all(c.tx); };
  return h;
}

}  // namespace

constinit const resource::Resource kServiceProvider{
    .singular = "service_provider",
    .plural = "service_providers",
    .path = "/v3/OS-FEDERATION/service_providers",
    .scope = resource::Scope::cloud,
    .policy = {"identity:create_service_provider", "identity:list_service_providers",
               "identity:get_service_provider", "identity:update_service_provider",
               "identity:delete_service_provider"},
    .event = "identity.service_provider",
    .update_method = "PATCH",
    .fields = kFields};

ServiceProvider enabled_service_provider(db::Session& session, std::string_view id) {
  static const resource::Store<ServiceProvider> kStore(kServiceProvider);
  auto row = kStore.find(session, id);
  if (!row) throw no_such("Service Provider", id);
  if (!row->enabled) throw Fault::forbidden(fmt::format("Service Provider {} is disabled", id));
  return std::move(*row);
}

void write_service_providers(json::Writer& w, db::Session& session) {
  db::Rows rows = session.query(
      "SELECT id, auth_url, sp_url FROM service_providers WHERE enabled = 1 ORDER BY id");
  bool any = false;
  while (rows.next()) {
    if (!any) w.key("service_providers").begin_array();
    any = true;
    w.begin_object().member("auth_url", rows.string(1)).member("id", rows.string(0));
    w.member("sp_url", rows.string(2)).end_object();
  }
  if (any) w.end_array();
}

void add_service_providers(resource::Service& service, State& state) {
  add_named_noun(service, resource::make_noun<ServiceProvider>(kServiceProvider, hooks(state)));
}

}  // namespace haneul::keystone
