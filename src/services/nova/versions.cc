#include "services/nova/versions.h"

#include "json/writer.h"
#include "services/nova/dialect.h"

namespace haneul::nova {
namespace {

using resource::Call;

struct ApiVersion {
  std::string_view id, path, status, updated, media_type;
  bool has_microversions;
};

// The first is the old API's entry: clients look for it, but only its successor is served.
constexpr ApiVersion kVersions[] = {{"v2.0", "/v2/", "DEPRECATED", "2025-07-04T12:00:00Z",
                                     "application/vnd.openstack.compute+json;version=2", false},
                                    {"v2.1", "/v2.1/", "CURRENT", "2013-07-23T11:33:21Z",
                                     "application/vnd.openstack.compute+json;version=2.1", true}};

void write_version(json::Writer& w, const Call& call, const ApiVersion& v, bool whole) {
  w.begin_object().member("id", v.id).member("status", v.status);
  w.member("version", v.has_microversions ? kVersionMax.text() : "");
  w.member("min_version", v.has_microversions ? kVersionMin.text() : "");
  w.member("updated", v.updated);
  w.key("links").begin_array().begin_object();
  w.member("rel", "self").member("href", call.service_url().append(v.path)).end_object();
  if (whole) {
    w.begin_object().member("rel", "describedby").member("type", "text/html");
    w.member("href", "http://docs.openstack.org/").end_object();
  }
  w.end_array();
  if (whole) {
    w.key("media-types").begin_array().begin_object();
    w.member("base", "application/json").member("type", v.media_type);
    w.end_object().end_array();
  }
  w.end_object();
}

http::Response list_versions(Call& call) {
  json::Writer w;
  w.begin_object().key("versions").begin_array();
  for (const ApiVersion& v : kVersions) write_version(w, call, v, false);
  w.end_array().end_object();
  return http::Response::json(200, w.take());
}

http::Response show_version(const Call& call, std::string_view id) {
  for (const ApiVersion& v : kVersions) {
    if (v.id != id) continue;
    json::Writer w;
    w.begin_object().key("version");
    write_version(w, call, v, true);
    w.end_object();
    return http::Response::json(200, w.take());
  }
  throw call.dialect().no_such_path();
}

}  // namespace

void add_version_routes(resource::Service& s) {
  s.route("GET", "", list_versions, {.open = true});
  s.route("GET", "/v2", [](Call& c) { return show_version(c, "v2.0"); }, {.open = true});
  s.route("GET", "/v2.1", [](Call& c) { return show_version(c, "v2.1"); }, {.open = true});
  s.route("GET", "/v2.1/versions/{id}", [](Call& c) { return show_version(c, c.param("id")); });
}

}  // namespace haneul::nova
