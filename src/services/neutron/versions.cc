#include "services/neutron/versions.h"

#include <fmt/format.h>

#include "resource/call.h"

namespace haneul::neutron {
namespace {

void write_link(json::Writer& w, const std::string& href) {
  w.key("links").begin_array().begin_object();
  w.member("rel", "self").member("href", href).end_object().end_array();
}

http::Response list_versions(resource::Call& call) {
  json::Writer w;
  w.begin_object().key("versions").begin_array().begin_object();
  w.member("id", "v2.0").member("status", "CURRENT");
  write_link(w, call.service_url() + "/v2.0/");
  w.end_object().end_array().end_object();
  return http::Response::json(200, w.take());
}

http::Response show_version(resource::Call& call) {
  json::Writer w;
  w.begin_object().key("resources").begin_array();
  for (const std::string_view name : {"network", "subnet", "subnetpool", "port"}) {
    w.begin_object().member("name", name).member("collection", fmt::format("{}s", name));
    write_link(w, fmt::format("{}/v2.0/{}s", call.service_url(), name));
    w.end_object();
  }
  w.end_array().end_object();
  return http::Response::json(200, w.take());
}

}  // namespace

void add_version_routes(resource::Service& service) {
  service.route("GET", "/", list_versions, {.open = true});
  service.route("GET", "/v2.0", show_version, {.open = true});
}

}  // namespace haneul::neutron
