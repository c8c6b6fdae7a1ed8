// How Neutron reads bodies: one object or many, the project's old name, values of other types.
// upstream: openstack/neutron-lib:neutron_lib/api/attributes.py
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"
#include "resource/call.h"
#include "services/neutron/attribute.h"
#include "services/neutron/dialect.h"
#include "services/neutron/errors.h"

namespace haneul::neutron {
namespace {

using resource::Call;
using resource::Field;
using resource::Refusal;
using resource::Resource;
using resource::Verb;

constexpr std::size_t kBulkItemsMax = 10'000;
constexpr std::size_t kTextCharsMax = 255;

const json::Object& object_named(const json::Value& value, std::string_view singular) {
  if (!value.object()) {
    throw http_bad_request(fmt::format("Object '{}' contains invalid data", singular));
  }
  return *value.object();
}

resource::Items read_many(const json::Value& many, const Resource& resource, Verb verb) {
  if (verb != resource::create) throw http_bad_request("Bulk operation not supported");
  if (!many.array()) throw http_bad_request("Body contains invalid data");
  if (many.array()->empty()) throw http_bad_request("Resources required");
  if (many.array()->size() > kBulkItemsMax) throw http_bad_request("Too many resources at once");
  resource::Items items{.objects = {}, .bulk = true};
  for (const auto& item : *many.array()) {
    const json::Object& object = object_named(item, resource.singular);
    const json::Value* inner = object.find(resource.singular);
    items.objects.push_back(inner ? object_named(*inner, resource.singular) : object);
  }
  return items;
}

Refusal convert_text(const Field& f, const json::Value& value) {
  const bool limited = f.maximum != std::numeric_limits<std::int64_t>::max();
  const auto chars_max = limited ? static_cast<std::size_t>(f.maximum) : kTextCharsMax;
  if (auto refusal = check_text(value, chars_max)) return refusal;
  const bool known = f.allowed.empty() || std::find(f.allowed.begin(), f.allowed.end(),
                                                    *value.text()) != f.allowed.end();
  if (known) return std::nullopt;
  return fmt::format("{} is not in valid_values", shown(value));
}

bool is_boolean(const Field& f) {
  return f.codec == &resource::kBool;
}
bool is_integer(const Field& f) {
  return f.codec == &resource::kInteger;
}

}  // namespace

resource::Items Dialect::read_items(Call& call, const Resource& resource, Verb verb) const {
  const auto no_envelope = [&] {
    return invalid(
        {.kind = resource::Problem::Kind::no_envelope, .field = std::string(resource.singular)});
  };
  if (call.request().body.empty()) throw no_envelope();
  const json::Value& body = call.body();
  if (!body.object()) throw http_bad_request("Body contains invalid data");
  if (const json::Value* many = body.object()->find(resource.plural)) {
    return read_many(*many, resource, verb);
  }
  const json::Value* one = body.object()->find(resource.singular);
  if (!one || one->is_null()) throw no_envelope();
  return {.objects = {object_named(*one, resource.singular)}};
}

// tenant_id is project_id's old name and may be used for it.
void Dialect::adjust(const Call& call, const Resource& resource, json::Object& given) const {
  if (!resource.field_named("project_id")) return;
  if (const json::Value* old_name = given.find("tenant_id")) {
    const json::Value* project = given.find("project_id");
    if (project && !(*project == *old_name)) {
      throw http_bad_request("'project_id' and 'tenant_id' do not match");
    }
    json::Value value = *old_name;
    given.erase("tenant_id");
    given.set("project_id", std::move(value));
  }
  const json::Value* project = given.find("project_id");
  if (!project) return;
  const bool own = project->text() && *project->text() == call.caller().project_id.text;
  if (!own && !sees_all(call)) {
    throw http_bad_request(
        "Specifying 'project_id' other than the authenticated project in "
        "request is not allowed for the current user.");
  }
}

Refusal Dialect::convert(const Field& f, json::Value& value, Verb verb) const {
  const bool filter = verb == resource::list;
  if (is_boolean(f) || (filter && f.codec == &resource::kOptionalBool)) {
    value = to_boolean(value);
  } else if (is_integer(f) || (filter && f.codec == &resource::kOptionalInteger)) {
    value = to_integer(value);
  } else if (!filter && (f.codec == &resource::kText ||
                         (f.codec == &resource::kOptionalText && value.text()))) {
    return convert_text(f, value);
  }
  return std::nullopt;
}

void Dialect::check_remove(const http::Request& request) const {
  if (!request.body.empty()) throw http_bad_request("Request body is not supported in DELETE.");
}

namespace {

// The query string again, with another marker.
std::string page_url(const Call& call, const Resource& resource, std::string_view marker,
                     bool reverse) {
  std::string query;
  const auto add = [&](std::string_view key, std::string_view value) {
    query += fmt::format("{}{}={}", query.empty() ? "?" : "&", percent_encode(key),
                         percent_encode(value));
  };
  for (const auto& [key, value] : call.query().all()) {
    if (key != "marker" && key != "page_reverse") add(key, value);
  }
  if (!marker.empty()) add("marker", marker);
  if (reverse) add("page_reverse", "True");
  return fmt::format("{}{}{}", call.service_url(), resource.path, query);
}

}  // namespace

// A full page is followed by another, whether it is or not; so does upstream.
void Dialect::end_list(json::Writer& w, const Call& call, const Resource& resource,
                       const resource::PageEnd& end) const {
  if (end.limit < 0) return;
  const bool is_short = end.rows < end.limit;
  const bool has_next = !is_short || end.reversed, has_previous = !is_short || !end.reversed;
  if (!has_next && !has_previous) return;
  w.key(fmt::format("{}_links", resource.plural)).begin_array();
  const auto write = [&](std::string_view rel, std::string_view marker, bool reverse) {
    const auto url = page_url(call, resource, marker, reverse);
    w.begin_object().member("rel", rel).member("href", url).end_object();
  };
  if (has_next) write("next", end.last, false);
  if (has_previous) write("previous", end.first, true);
  w.end_array();
}

}  // namespace haneul::neutron
