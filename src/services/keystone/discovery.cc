#include "services/keystone/discovery.h"

#include "json/writer.h"
#include "services/keystone/dialect.h"

// upstream: openstack/keystone:keystone/api/discovery.py
namespace haneul::keystone {
namespace {

void write_version(json::Writer& w, const std::string& url) {
  w.begin_object().member("id", "v3.14").member("status", "stable");
  w.member("updated", "2020-04-07T00:00:00Z").key("links").begin_array();
  w.begin_object().member("rel", "self").member("href", url).end_object().end_array();
  w.key("media-types").begin_array().begin_object().member("base", "application/json");
  w.member("type", "application/vnd.openstack.identity-v3+json").end_object().end_array();
  w.end_object();
}

http::Response list_versions(resource::Call& call) {
  const auto url = v3_url(call) + "/";
  json::Writer w;
  w.begin_object().key("versions").begin_object().key("values").begin_array();
  write_version(w, url);
  w.end_array().end_object().end_object();
  auto response = http::Response::json(300, w.take());
  response.headers.set("Location", url);
  return response;
}

http::Response show_version(resource::Call& call) {
  json::Writer w;
  w.begin_object().key("version");
  write_version(w, v3_url(call) + "/");
  w.end_object();
  return http::Response::json(200, w.take());
}

}  // namespace

void add_discovery(resource::Service& service) {
  service.route("GET", "/", list_versions, {.open = true});
  service.route("GET", "/v3", show_version, {.open = true});
}

}  // namespace haneul::keystone
