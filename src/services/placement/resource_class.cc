#include <fmt/format.h>

#include "json/writer.h"
#include "services/placement/catalog.h"
#include "services/placement/parts.h"

namespace haneul::placement {
namespace {

std::string url(const resource::Call& call, std::string_view name) {
  return fmt::format("{}/resource_classes/{}", call.service().mount(), name);
}

void write_class(json::Writer& w, const resource::Call& call, std::string_view name) {
  w.begin_object().member("name", name).key("links").begin_array();
  w.begin_object().member("rel", "self").member("href", url(call, name)).end_object();
  w.end_array().end_object();
}

std::string read_name(resource::Call& call) {
  auto form = call.form("");
  auto name = form.required_text("name");
  form.done();
  if (!is_custom(name)) form.malformed("name", "^CUSTOM_[A-Z0-9_]+$");
  return name;
}

http::Response located(resource::Call& call, int status, std::string_view name) {
  auto response = no_content(status);
  response.headers.set("Location", call.base_url() + url(call, name));
  return response;
}

// Until 1.6 a PUT renames.
http::Response rename(resource::Call& call, const std::string& name) {
  const auto fresh = read_name(call);
  return call.db().write([&](db::Transaction& tx) {
    require_class(tx, name);
    if (is_standard_class(name)) {
      throw Fault::bad_request(fmt::format("Cannot update standard resource class {}", name));
    }
    if (fresh != name && class_exists(tx, fresh)) {
      throw Fault::conflict(fmt::format("Resource class already exists: {}", fresh));
    }
    tx.execute("UPDATE placement_resource_classes SET name = ? WHERE name = ?", {fresh, name});
    tx.execute("UPDATE placement_inventories SET resource_class = ? WHERE resource_class = ?",
               {fresh, name});
    tx.execute("UPDATE placement_allocations SET resource_class = ? WHERE resource_class = ?",
               {fresh, name});
    json::Writer w;
    write_class(w, call, fresh);
    return http::Response::json(200, w.take());
  });
}

}  // namespace

http::Response list_classes(resource::Call& call, Parts&) {
  return call.db().read([&](db::Session& s) {
    json::Writer w;
    w.begin_object().key("resource_classes").begin_array();
    for (const auto& name : all_classes(s)) write_class(w, call, name);
    w.end_array().end_object();
    return answer(call, 200, w.take(), call.now());
  });
}

http::Response create_class(resource::Call& call, Parts&) {
  const auto name = read_name(call);
  const bool fresh =
      call.db().write([&](db::Transaction& tx) { return add_class(tx, name, call.now()); });
  if (!fresh) {
    throw Fault::conflict(fmt::format("Conflicting resource class already exists: {}", name));
  }
  return located(call, 201, name);
}

http::Response show_class(resource::Call& call, Parts&) {
  const auto& name = call.param("name");
  call.db().read([&](db::Session& s) { require_class(s, name); });
  json::Writer w;
  write_class(w, call, name);
  return answer(call, 200, w.take(), call.now());
}

http::Response put_class(resource::Call& call, Parts&) {
  const auto& name = call.param("name");
  if (!call.since(7)) return rename(call, name);
  if (!is_custom(name)) {
    throw Fault::bad_request(fmt::format(
        "JSON does not validate: '{}' does not match '^CUSTOM_[A-Z0-9_]+$'", name));
  }
  const bool fresh =
      call.db().write([&](db::Transaction& tx) { return add_class(tx, name, call.now()); });
  return located(call, fresh ? 201 : 204, name);
}

http::Response remove_class(resource::Call& call, Parts&) {
  const auto& name = call.param("name");
  return call.db().write([&](db::Transaction& tx) {
    require_class(tx, name);
    if (is_standard_class(name)) {
      throw Fault::bad_request(fmt::format(
          "Error in delete resource class: Cannot delete standard resource class {}.", name));
    }
    if (tx.integer("SELECT 1 FROM placement_inventories WHERE resource_class = ? LIMIT 1", {name})) {
      throw Fault::conflict(fmt::format("Error in delete resource class: Cannot delete resource "
                                        "class {}. Class is in use in inventory.", name));
    }
    tx.execute("DELETE FROM placement_resource_classes WHERE name = ?", {name});
    return no_content(204);
  });
}

}  // namespace haneul::placement
