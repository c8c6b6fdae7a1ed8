#include <algorithm>

#include <fmt/format.h>

#include "base/id.h"
#include "services/glance/logic/image_schema.h"
#include "services/glance/logic/json_patch.h"
#include "services/glance/parts.h"

namespace haneul::glance {
namespace {

constexpr std::int64_t kIntegerMax = 2'147'483'647;  // of upstream's columns

void check_amount(std::string_view key, std::int64_t value) {
  if (value < 0) {
    throw Fault::bad_request(fmt::format(
        "Invalid value '{}' for parameter '{}': Cannot be a negative value", value, key));
  }
  if (value > kIntegerMax) {
    throw Fault::bad_request(
        fmt::format("'{}' value out of range, must not exceed {}.", key, kIntegerMax));
  }
}

std::optional<std::string> text_or_null(const json::Value& value) {
  return value.text() ? std::optional(*value.text()) : std::nullopt;
}

void set_tags(Image& image, const json::Value& value) {
  image.tags.clear();
  for (const json::Value& tag : *value.array()) image.tags.push_back(*tag.text());
  std::sort(image.tags.begin(), image.tags.end());
  image.tags.erase(std::unique(image.tags.begin(), image.tags.end()), image.tags.end());
}

void set_format(Image& image, std::string_view key, const json::Value& value) {
  if (image.status != "queued" && image.status != "importing") {
    throw Fault::forbidden(
        fmt::format("Attribute {} can be only replaced for a queued image.", key));
  }
  (key == "disk_format" ? image.disk_format : image.container_format) = text_or_null(value);
}

// Sets what one key of a body says; the schema was checked. False if the key is a custom property.
bool set_base_property(Image& image, std::string_view key, const json::Value& value) {
  if (key == "name") {
    image.name = text_or_null(value);
  } else if (key == "visibility") {
    image.visibility = *value.text();
  } else if (key == "owner") {
    image.owner = text_or_null(value);
  } else if (key == "protected") {
    image.is_protected = *value.boolean();
  } else if (key == "os_hidden") {
    image.os_hidden = *value.boolean();
  } else if (key == "min_disk" || key == "min_ram") {
    check_amount(key, *value.integer());
    (key == "min_disk" ? image.min_disk : image.min_ram) = *value.integer();
  } else if (key == "disk_format" || key == "container_format") {
    set_format(image, key, value);
  } else if (key == "tags") {
    set_tags(image, value);
  } else if (key == "id") {
    image.id = *value.text();
  } else {
    return false;
  }
  return true;
}

Image read_new(resource::Call& call) {
  const json::Value& body = json_body(call);
  if (!body.object()) {
    throw Fault::bad_request("Provided object does not match schema 'image': " +
                             resource::python_repr(body) + " is not of type 'object'");
  }
  Image image;
  image.owner = call.caller().project_id.text;
  for (const auto& [key, value] : *body.object()) check_schema(key, value);
  for (const auto& [key, value] : *body.object()) check_creatable(key);
  for (const auto& [key, value] : *body.object()) {
    if (!set_base_property(image, key, value)) image.properties[key] = *value.text();
  }
  if (image.id.empty()) image.id = new_uuid();
  image.created_at = image.updated_at = call.now();
  return image;
}

void enforce_add(const resource::Call& call, const Seen& seen) {
  const ImageTarget target(call, seen);
  if (!call.allowed("add_image", target)) {
    const auto owner = seen.image.owner.value_or("None");
    if (owner != call.caller().project_id.text) {
      throw Fault::forbidden(
          fmt::format("You are not permitted to create images owned by '{}'", owner));
    }
    throw call.dialect().refused("add_image", true);
  }
  enforce_visibility(call, seen.image.visibility, target);
}

std::string& property_for(Image& image, const ImageChange& change) {
  const std::string& key = change.path.front();
  if (change.op == ImageChange::Op::replace && !image.properties.contains(key)) {
    throw Fault::conflict(fmt::format("Property {} does not exist.", key)).named(kAsDetail);
  }
  return image.properties[key];
}

void remove_property(Image& image, const std::string& key) {
  if (is_base_property(key)) {
    throw Fault::forbidden(fmt::format("Property {} may not be removed.", key)).named(kAsDetail);
  }
  if (image.properties.erase(key) == 0) {
    throw Fault::conflict(fmt::format("Property {} does not exist.", key)).named(kAsDetail);
  }
}

void refuse_locations(const ImageChange& change) {
  if (change.path.front() != "locations") return;
  using Op = ImageChange::Op;
  const bool emptied = change.op == Op::replace && change.value.array()->empty();
  if (emptied) throw Fault::forbidden("Cannot set locations to empty list.").named(kAsDetail);
  const std::string_view verb = change.op == Op::add      ? "add"
                                : change.op == Op::remove ? "remove"
                                                          : "update";
  throw Fault::forbidden(
      fmt::format("It's not allowed to {} locations if locations are invisible.", verb));
}

void apply(const resource::Call& call, Seen& seen, const ImageChange& change) {
  using Op = ImageChange::Op;
  const std::string& key = change.path.front();
  refuse_locations(change);
  if (key == "owner" && change.op == Op::replace && !is_admin(call)) {
    throw Fault::forbidden("Owner can't be updated by non admin.").named(kAsDetail);
  }
  if (key == "visibility" && change.op != Op::remove) {
    enforce_visibility(call, *change.value.text(), ImageTarget(call, seen));
  }
  enforce(call, "modify_image", seen);
  Image& image = seen.image;
  if (change.op == Op::remove) return remove_property(image, key);
  const bool there = is_base_property(key) || image.properties.contains(key);
  if (change.op == Op::add && change.strict_add && there) {
    throw Fault::conflict(fmt::format("Property {} already present.", key)).named(kAsDetail);
  }
  if (!set_base_property(image, key, change.value)) {
    property_for(image, change) = *change.value.text();
  }
}

Fault wrong_patch_type() {
  return Fault(Fault::Kind::unsupported_media,
               fmt::format("Image PATCH expects Content-Type one of: {}", kPatchTypes))
      .named(kAsDetail)
      .with_header("Accept-Patch", std::string(kPatchTypes));
}

}  // namespace

const json::Value& json_body(resource::Call& call) {
  if (call.request().body.empty()) throw Fault::bad_request("Body expected in request.");
  const json::Value& body = call.body();
  if (!body.object() && !body.array()) {
    throw Fault::bad_request("Unexpected body type. Expected list/dict.");
  }
  return body;
}

void check_limits(const Options& options, const Image& image) {
  const auto check = [](std::size_t attempted, std::size_t maximum, std::string_view what) {
    if (attempted <= maximum) return;
    throw Fault::too_large(
        fmt::format("The limit has been exceeded on the number of allowed image {}. Attempted: {}, "
                    "Maximum: {}",
                    what, attempted, maximum));
  };
  check(image.properties.size(), options.properties_max, "properties");
  check(image.tags.size(), options.tags_max, "tags");
}

http::Response create_image(resource::Call& call, Parts& parts) {
  const Seen seen{read_new(call), false};
  enforce_add(call, seen);
  check_limits(parts.options, seen.image);
  try {
    call.db().write([&](db::Transaction& tx) { parts.images.insert(tx, seen.image); });
  } catch (const db::Duplicate&) {
    throw Fault::conflict(fmt::format("Image ID {} already exists!", seen.image.id));
  }
  auto response = http::Response::json(201, render_image(call, seen.image));
  response.headers.set("Location", call.service_url() + "/v2/images/" + seen.image.id);
  response.headers.set("OpenStack-image-import-methods", "glance-direct");
  return response;
}

http::Response show_image(resource::Call& call, Parts& parts) {
  return call.db().read([&](db::Session& s) {
    const auto seen = parts.images.require(call, s, call.param("image_id"));
    enforce(call, "get_image", seen);
    return http::Response::json(200, render_image(call, seen.image));
  });
}

http::Response update_image(resource::Call& call, Parts& parts) {
  PatchDraft draft{};
  if (!patch_draft(call.request().headers.get("Content-Type"), &draft)) throw wrong_patch_type();
  const auto changes = parse_patch(json_body(call), draft);
  return call.db().write([&](db::Transaction& tx) {
    auto seen = parts.images.require(call, tx, call.param("image_id"));
    for (const ImageChange& change : changes) apply(call, seen, change);
    if (!changes.empty()) {
      check_limits(parts.options, seen.image);
      parts.images.update(tx, seen.image, call.now());
    }
    return http::Response::json(200, render_image(call, seen.image));
  });
}

http::Response remove_image(resource::Call& call, Parts& parts) {
  const auto& id = call.param("image_id");
  call.db().write([&](db::Transaction& tx) {
    const auto seen = parts.images.find(tx, id, call.caller().project_id.text, is_admin(call));
    if (!seen) throw Fault::not_found(fmt::format("Failed to find image {} to delete", id));
    enforce(call, "delete_image", *seen);
    if (seen->image.is_protected) {
      throw Fault::forbidden(fmt::format("Image {} is protected and cannot be deleted.", id));
    }
    parts.images.remove(tx, seen->image);
    tx.after_commit([&parts, id] {
      parts.blobs.remove(Place::images, id);
      parts.blobs.remove(Place::staging, id);
    });
  });
  return http::Response::empty(204);
}

}  // namespace haneul::glance
