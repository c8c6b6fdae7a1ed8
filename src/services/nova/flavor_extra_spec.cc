#include "services/nova/flavor_extra_spec.h"

#include <fmt/format.h>

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Form;

constexpr std::string_view kKeyLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_ .:";

http::Response show_specs(Call& call, const FlavorStore& flavors, bool one) {
  call.enforce(one ? "os_compute_api:os-flavor-extra-specs:show"
                   : "os_compute_api:os-flavor-extra-specs:index");
  return call.db().read([&](db::Session& session) {
    const auto f = find_flavor(call, session, flavors, call.param("id"));
    if (!f) throw no_flavor(call.param("id"));
    json::Writer w;
    w.begin_object();
    if (one) {
      const auto found = f->extra_specs.find(call.param("key"));
      if (found == f->extra_specs.end()) {
        throw Fault::not_found(
            fmt::format("Flavor {} has no extra specs with key {}.", f->id, call.param("key")));
      }
      w.member(found->first, found->second);
    } else {
      w.key("extra_specs").begin_object();
      for (const auto& [key, value] : f->extra_specs) w.member(key, value);
      w.end_object();
    }
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

resource::TextMap read_specs(Form& form) {
  resource::TextMap specs;
  for (const auto& member : form.given()) {
    if (member.key.empty() || member.key.size() > 255 ||
        member.key.find_first_not_of(kKeyLetters) != std::string::npos) {
      form.fail({.kind = resource::Problem::Kind::unknown, .field = member.key});
    }
    const auto number = member.value.number();
    specs[member.key] = number ? json::dump(member.value) : *form.text(member.key);
  }
  return specs;
}

http::Response set_specs(Call& call, const FlavorStore& flavors, bool one) {
  call.enforce(one ? "os_compute_api:os-flavor-extra-specs:update"
                   : "os_compute_api:os-flavor-extra-specs:create");
  Form form = call.form(one ? "" : "extra_specs");
  const auto specs = read_specs(form);
  if (one && (specs.size() != 1 || specs.begin()->first != call.param("key"))) {
    throw Fault::bad_request("Request body and URI mismatch");
  }
  call.db().write([&](db::Transaction& tx) {
    auto f = flavors.find(tx, call.param("id"));
    if (!f) throw no_flavor(call.param("id"));
    for (const auto& [key, value] : specs) f->extra_specs[key] = value;
    flavors.update(tx, *f);
  });
  json::Writer w;
  w.begin_object();
  if (!one) w.key("extra_specs").begin_object();
  for (const auto& [key, value] : specs) w.member(key, value);
  if (!one) w.end_object();
  w.end_object();
  return http::Response::json(200, w.take());
}

http::Response remove_spec(Call& call, const FlavorStore& flavors) {
  call.enforce("os_compute_api:os-flavor-extra-specs:delete");
  call.db().write([&](db::Transaction& tx) {
    auto f = flavors.find(tx, call.param("id"));
    if (!f) throw no_flavor(call.param("id"));
    if (f->extra_specs.erase(call.param("key")) == 0) {
      throw Fault::not_found(
          fmt::format("Flavor {} has no extra specs with key {}.", f->id, call.param("key")));
    }
    flavors.update(tx, *f);
  });
  return http::Response::empty(200);
}

}  // namespace

void add_flavor_extra_spec_routes(resource::Service& s, const FlavorStore& flavors) {
  const auto with = [&flavors](auto handle, auto... args) {
    return [&flavors, handle, args...](Call& c) { return handle(c, flavors, args...); };
  };
  s.route("GET", "/v2.1/flavors/{id}/os-extra_specs", with(show_specs, false));
  s.route("POST", "/v2.1/flavors/{id}/os-extra_specs", with(set_specs, false));
  s.route("GET", "/v2.1/flavors/{id}/os-extra_specs/{key}", with(show_specs, true));
  s.route("PUT", "/v2.1/flavors/{id}/os-extra_specs/{key}", with(set_specs, true));
  s.route("DELETE", "/v2.1/flavors/{id}/os-extra_specs/{key}", with(remove_spec));
}

}  // namespace haneul::nova
