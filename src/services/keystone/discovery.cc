#include "services/keystone/discovery.h"

#include <set>

#include "json/writer.h"
#include "services/keystone/dialect.h"
#include "services/keystone/logic/json_home.h"

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

// A path's parameters without their names: "/users/{}/groups".
std::string shape(std::string_view path) {
  std::string out;
  bool inside = false;
  for (const char c : path) {
    if (c == '}') inside = false;
    if (!inside) out += c;
    if (c == '{') inside = true;
  }
  return out;
}

void write_parameters(json::Writer& w, const JsonHomeEntry& entry) {
  w.key("href-vars").begin_object();
  for (auto at = entry.path.find('{'); at != std::string_view::npos;
       at = entry.path.find('{', at + 1)) {
    const auto name = entry.path.substr(at + 1, entry.path.find('}', at) - at - 1);
    w.member(name, json_home_param(entry.relation, name));
  }
  w.end_object();
}

http::Response show_json_home(const resource::Call& call) {
  std::set<std::string> here;
  for (const auto& route : call.service().routes()) here.insert(shape(route.pattern));
  json::Writer w;
  w.begin_object().key("resources").begin_object();
  for (const auto& entry : kJsonHome) {
    if (!here.contains("/v3" + shape(entry.path))) continue;
    const bool templated = entry.path.find('{') != std::string_view::npos;
    w.key(std::string(kJsonHomeBase).append(entry.relation)).begin_object();
    w.member(templated ? "href-template" : "href", entry.path);
    if (templated) write_parameters(w, entry);
    if (entry.experimental) {
      w.key("hints").begin_object().member("status", "experimental").end_object();
    }
    w.end_object();
  }
  w.end_object().end_object();
  auto response = http::Response::json(200, w.take());
  response.headers.set("Content-Type", "application/json-home");
  return response;
}

http::Response show_version(resource::Call& call) {
  if (prefers_json_home(call.request().headers.get("Accept"))) return show_json_home(call);
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
