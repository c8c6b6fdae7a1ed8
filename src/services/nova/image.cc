#include "services/nova/image.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"
#include "services/nova/dialect.h"
#include "services/nova/query.h"

namespace haneul::nova {
namespace {

using resource::Call;

constexpr std::string_view kPath = "/v2/images";

// What is not a property of the user's in Glance's answer.
constexpr std::string_view kBase[] = {
    "checksum",  "container_format", "created_at", "direct_url", "disk_format", "file",
    "id",        "locations",        "min_disk",   "min_ram",    "name",        "os_hash_algo",
    "os_hidden", "os_hash_value",    "owner",      "protected",  "schema",      "self",
    "size",      "status",           "stores",     "tags",       "updated_at",  "virtual_size",
    "visibility"};

// Views -----------------------------------------------------------------------------------------

void write_links(json::Writer& w, const Call& call, const std::string& id) {
  const std::string base = call.service_url();
  const auto link = [&](std::string_view rel, const std::string& href) {
    w.begin_object().member("rel", rel).member("href", href);
  };
  w.key("links").begin_array();
  link("self", base + "/v2.1/images/" + id), w.end_object();
  link("bookmark", base + "/images/" + id), w.end_object();
  link("alternate", call.base_url() + "/image/images/" + id);
  w.member("type", "application/vnd.openstack.image").end_object().end_array();
}

std::pair<std::string_view, int> status_of(const std::string& status) {
  if (status == "active") return {"ACTIVE", 100};
  if (status == "queued") return {"SAVING", 25};
  if (status == "saving") return {"SAVING", 50};
  if (status == "deleted" || status == "pending_delete") return {"DELETED", 0};
  if (status == "killed") return {"ERROR", 0};
  return {"UNKNOWN", 0};
}

std::int64_t number_at(const json::Value& image, std::string_view key) {
  const json::Value* value = image.at({key});
  return value && value->integer() ? *value->integer() : 0;
}

void write_image(json::Writer& w, const Call& call, const json::Value& image, bool detailed) {
  const std::string id = text_at(image, "id");
  w.begin_object().member("id", id);
  w.key("name").value(image.at({"name"}) ? *image.at({"name"}) : json::Value());
  write_links(w, call, id);
  if (detailed) {
    const auto [status, progress] = status_of(text_at(image, "status"));
    const ImageProperties properties = properties_of(image);
    w.member("minRam", number_at(image, "min_ram")).member("minDisk", number_at(image, "min_disk"));
    w.key("metadata").begin_object();
    for (const auto& [key, value] : properties) w.member(key, value);
    w.end_object().member("created", text_at(image, "created_at"));
    w.member("updated", text_at(image, "updated_at")).member("status", status);
    w.member("progress", progress).member("OS-EXT-IMG-SIZE:size", number_at(image, "size"));
    if (const auto server = properties.find("instance_uuid"); server != properties.end()) {
      w.key("server").begin_object().member("id", server->second);
      write_row_links(w, call, "servers", server->second);
      w.end_object();
    }
    if (const auto disk = properties.find("auto_disk_config"); disk != properties.end()) {
      const std::string word = lower(trim(disk->second));
      const bool on = word == "1" || word == "t" || word == "true" || word == "on" || word == "y" ||
                      word == "yes";
      w.member("OS-DCF:diskConfig", on ? "AUTO" : "MANUAL");
    }
  }
  w.end_object();
}

// Lists -----------------------------------------------------------------------------------------

// This API's filters in Glance's words.
// upstream: openstack/nova:nova/api/openstack/compute/images.py (SUPPORTED_FILTERS)
std::vector<std::pair<std::string, std::string>> filters_of(const Call& call) {
  static const std::map<std::string, std::string, std::less<>> kNames = {
      {"name", "name"},      {"status", "status"},    {"changes-since", "updated_at"},
      {"minRam", "min_ram"}, {"minDisk", "min_disk"}, {"server", "instance_uuid"},
      {"type", "image_type"}};
  std::vector<std::pair<std::string, std::string>> filters;
  for (const auto& [key, value] : call.query().all()) {
    const auto known = kNames.find(key);
    if (key.starts_with("property-")) filters.emplace_back(key.substr(9), value);
    if (known == kNames.end()) continue;
    std::string asked = value;
    if (key == "status") asked = lower(value);
    if (key == "changes-since") asked = "gte:" + value;
    if (key == "server") asked = value.substr(value.rfind('/') + 1);
    filters.emplace_back(known->second, asked);
  }
  return filters;
}

http::Response list_images(Call& call, const Proxy& glance, bool detailed) {
  need_at_most(call, kProxyMinorMax);
  const PageAsked page = read_page(call);
  auto query = filters_of(call);
  query.emplace_back("limit", std::to_string(page.limit));
  if (page.marker) query.emplace_back("marker", *page.marker);
  const auto found = glance.get(call, std::string(kPath), query_of(query));
  const json::Array& images = array_at(found, "images");
  json::Writer w;
  w.begin_object().key("images").begin_array();
  for (const json::Value& image : images) write_image(w, call, image, detailed);
  w.end_array();
  if (page.has_limit && !images.empty() && static_cast<std::int64_t>(images.size()) == page.limit) {
    write_next_link(w, call, "images", detailed ? "/v2.1/images/detail" : "/v2.1/images",
                    text_at(images.back(), "id"));
  }
  w.end_object();
  return http::Response::json(200, w.take());
}

http::Response show_image(Call& call, const Proxy& glance) {
  need_at_most(call, kProxyMinorMax);
  json::Writer w;
  w.begin_object().key("image");
  write_image(w, call, find_image(call, glance), true);
  w.end_object();
  return http::Response::json(200, w.take());
}

http::Response delete_image(Call& call, const Proxy& glance) {
  need_at_most(call, kProxyMinorMax);
  try {
    glance.send(call, "DELETE", std::string(kPath) + "/" + percent_encode(call.param("id")));
  } catch (const Fault& fault) {
    if (fault.kind() == Fault::Kind::not_found) throw Fault::not_found("Image not found.");
    if (fault.kind() != Fault::Kind::forbidden) throw;
    throw Fault::forbidden("You are not allowed to delete the image.");
  }
  return http::Response::empty(204);
}

}  // namespace

json::Value find_image(Call& call, const Proxy& glance) {
  try {
    return glance.get(call, std::string(kPath) + "/" + percent_encode(call.param("id")));
  } catch (const Fault& fault) {
    if (fault.kind() != Fault::Kind::not_found) throw;
    throw Fault::not_found("Image not found.");
  }
}

ImageProperties properties_of(const json::Value& image) {
  ImageProperties found;
  for (const auto& [key, value] : *image.object()) {
    const bool base = std::find(std::begin(kBase), std::end(kBase), key) != std::end(kBase);
    if (!base && value.text()) found[key] = *value.text();
  }
  return found;
}

void add_image_routes(resource::Service& s, const Proxy& glance) {
  constexpr std::string_view kAll = "/v2.1/images", kOne = "/v2.1/images/{id}";
  s.route("GET", kAll, [&glance](Call& c) { return list_images(c, glance, false); });
  s.route("GET", "/v2.1/images/detail",
          [&glance](Call& c) { return list_images(c, glance, true); });
  s.route("GET", kOne, [&glance](Call& c) { return show_image(c, glance); });
  s.route("DELETE", kOne, [&glance](Call& c) { return delete_image(c, glance); });
}

}  // namespace haneul::nova
