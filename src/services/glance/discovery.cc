#include "json/writer.h"
#include "services/glance/parts.h"

namespace haneul::glance {
namespace {

// In upstream's order without several stores, image cache and the location API.
// upstream: openstack/glance:glance/api/versions.py
struct Version {
  std::string_view id, status;
};
constexpr Version kVersions[] = {
    {"v2.15", "CURRENT"},  {"v2.9", "SUPPORTED"}, {"v2.7", "SUPPORTED"}, {"v2.6", "SUPPORTED"},
    {"v2.5", "SUPPORTED"}, {"v2.4", "SUPPORTED"}, {"v2.3", "SUPPORTED"}, {"v2.2", "SUPPORTED"},
    {"v2.1", "SUPPORTED"}, {"v2.0", "SUPPORTED"}};

}  // namespace

http::Response show_versions(resource::Call& call, int status) {
  const auto href = call.service_url() + "/v2/";
  json::Writer w;
  w.begin_object().key("versions").begin_array();
  for (const Version& v : kVersions) {
    w.begin_object().member("id", v.id).member("status", v.status).key("links").begin_array();
    w.begin_object().member("rel", "self").member("href", href).end_object();
    w.end_array().end_object();
  }
  return http::Response::json(status, w.end_array().end_object().take());
}

http::Response show_stores(resource::Call&, Parts&) {
  throw Fault::not_found("Multi backend is not supported at this site.");
}

http::Response show_import_methods(resource::Call&, Parts&) {
  return http::Response::json(
      200, R"({"import-methods": {"description": "Import methods available.", "type": "array", )"
           R"("value": ["glance-direct"]}})");
}

// Empty while limits are not kept by Keystone, as upstream by default.
http::Response show_usage(resource::Call&, Parts&) {
  return http::Response::json(200, R"({"usage": {}})");
}

}  // namespace haneul::glance
