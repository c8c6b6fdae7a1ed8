#include "services/nova/image_metadata.h"

#include "base/text.h"
#include "services/nova/dialect.h"
#include "services/nova/image.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Form;
using Properties = ImageProperties;

constexpr std::string_view kPath = "/v2/images";
constexpr std::string_view kPatchType = "application/openstack-images-v2.1-json-patch";
constexpr std::size_t kPropertiesMax = 128;

http::Response metadata_response(const Properties& properties) {
  json::Writer w;
  w.begin_object().key("metadata").begin_object();
  for (const auto& [key, value] : properties) w.member(key, value);
  w.end_object().end_object();
  return http::Response::json(200, w.take());
}

std::string pointer_to(const std::string& key) {
  std::string out = "/";
  for (const char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

// Turns the image's properties from these into those.
void store(Call& call, const Proxy& glance, const Properties& from, const Properties& to) {
  if (to.size() > kPropertiesMax) throw Fault::forbidden("Image metadata limit exceeded");
  json::Array patch;
  for (const auto& [key, value] : to) {
    const auto old = from.find(key);
    if (old != from.end() && old->second == value) continue;
    patch.push_back(json::Object{{"op", old == from.end() ? "add" : "replace"},
                                 {"path", pointer_to(key)},
                                 {"value", value}});
  }
  for (const auto& [key, value] : from) {
    if (to.contains(key)) continue;
    patch.push_back(json::Object{{"op", "remove"}, {"path", pointer_to(key)}});
  }
  if (patch.empty()) return;
  glance.send(call, "PATCH", std::string(kPath) + "/" + percent_encode(call.param("id")),
              json::dump(json::Value(patch)), kPatchType);
}

Properties read_metadata(Call& call, std::string_view key) {
  Form form = call.form("");
  const auto sent = form.text_map(key);
  if (!sent) form.fail({.kind = resource::Problem::Kind::missing, .field = std::string(key)});
  form.done();
  return {sent->begin(), sent->end()};
}

http::Response list_metadata(Call& call, const Proxy& glance) {
  need_at_most(call, kImageMetadataMinorMax);
  return metadata_response(properties_of(find_image(call, glance)));
}

// POST adds to what is there, PUT replaces it.
http::Response set_metadata(Call& call, const Proxy& glance, bool replaces) {
  need_at_most(call, kImageMetadataMinorMax);
  const Properties sent = read_metadata(call, "metadata");
  const Properties before = properties_of(find_image(call, glance));
  Properties after = sent;
  if (!replaces) after.insert(before.begin(), before.end());
  store(call, glance, before, after);
  return metadata_response(after);
}

http::Response item_response(const std::string& key, const std::string& value) {
  json::Writer w;
  w.begin_object().key("meta").begin_object().member(key, value).end_object().end_object();
  return http::Response::json(200, w.take());
}

http::Response show_item(Call& call, const Proxy& glance) {
  need_at_most(call, kImageMetadataMinorMax);
  const Properties all = properties_of(find_image(call, glance));
  const auto found = all.find(call.param("key"));
  if (found == all.end()) throw Fault::not_found("The resource could not be found.");
  return item_response(found->first, found->second);
}

http::Response set_item(Call& call, const Proxy& glance) {
  need_at_most(call, kImageMetadataMinorMax);
  const Properties sent = read_metadata(call, "meta");
  const auto item = sent.find(call.param("key"));
  if (item == sent.end() || sent.size() != 1) {
    throw Fault::bad_request("Request body and URI mismatch");
  }
  const Properties before = properties_of(find_image(call, glance));
  Properties after = before;
  after[item->first] = item->second;
  store(call, glance, before, after);
  return item_response(item->first, item->second);
}

http::Response delete_item(Call& call, const Proxy& glance) {
  need_at_most(call, kImageMetadataMinorMax);
  const Properties before = properties_of(find_image(call, glance));
  Properties after = before;
  if (after.erase(call.param("key")) == 0) throw Fault::not_found("Invalid metadata key");
  store(call, glance, before, after);
  return http::Response::empty(204);
}

}  // namespace

void add_image_metadata_routes(resource::Service& s, const Proxy& glance) {
  constexpr std::string_view metadata = "/v2.1/images/{id}/metadata";
  constexpr std::string_view item = "/v2.1/images/{id}/metadata/{key}";
  s.route("GET", metadata, [&glance](Call& c) { return list_metadata(c, glance); });
  s.route("POST", metadata, [&glance](Call& c) { return set_metadata(c, glance, false); });
  s.route("PUT", metadata, [&glance](Call& c) { return set_metadata(c, glance, true); });
  s.route("GET", item, [&glance](Call& c) { return show_item(c, glance); });
  s.route("PUT", item, [&glance](Call& c) { return set_item(c, glance); });
  s.route("DELETE", item, [&glance](Call& c) { return delete_item(c, glance); });
}

}  // namespace haneul::nova
