#include <algorithm>

#include <fmt/format.h>

#include "services/glance/logic/image_schema.h"
#include "services/glance/parts.h"

namespace haneul::glance {
namespace {

// Deactivating what is deactivated and activating what is active is fine; other states are not.
http::Response move(resource::Call& call, Parts& parts, std::string_view verb,
                    std::string_view from, std::string_view to) {
  call.db().write([&](db::Transaction& tx) {
    auto seen = parts.images.require(call, tx, call.param("image_id"));
    enforce(call, verb, seen);
    if (seen.image.status == to) return;
    if (seen.image.status != from) {
      throw Fault::forbidden(
          fmt::format("Not allowed to {} image in status '{}'", verb, seen.image.status));
    }
    change_status(seen.image, to);
    parts.images.update(tx, seen.image, call.now());
  });
  return http::Response::empty(204);
}

Seen taggable(resource::Call& call, Parts& parts, db::Session& session) {
  const auto& id = call.param("image_id");
  auto seen = parts.images.find(session, id, call.caller().project_id.text, is_admin(call));
  if (!seen) throw Fault::not_found(fmt::format("Image {} not found.", id));
  enforce(call, "modify_image", *seen);
  return std::move(*seen);
}

}  // namespace

http::Response deactivate_image(resource::Call& call, Parts& parts) {
  return move(call, parts, "deactivate", "active", "deactivated");
}

http::Response reactivate_image(resource::Call& call, Parts& parts) {
  return move(call, parts, "reactivate", "deactivated", "active");
}

http::Response add_tag(resource::Call& call, Parts& parts) {
  const std::string& tag = call.param("tag");
  check_schema("tags", json::Value(json::Array{json::Value(tag)}));
  call.db().write([&](db::Transaction& tx) {
    auto seen = taggable(call, parts, tx);
    auto& tags = seen.image.tags;
    const auto at = std::lower_bound(tags.begin(), tags.end(), tag);
    if (at != tags.end() && *at == tag) return;
    tags.insert(at, tag);
    if (tags.size() > parts.options.tags_max) {
      throw Fault::too_large(fmt::format(
          "Image tag limit exceeded for image {}: The limit has been exceeded on the number of "
          "allowed image tags. Attempted: {}, Maximum: {}:",
          seen.image.id, tags.size(), parts.options.tags_max));
    }
    parts.images.update(tx, seen.image, call.now());
  });
  return http::Response::empty(204);
}

http::Response remove_tag(resource::Call& call, Parts& parts) {
  const std::string& tag = call.param("tag");
  call.db().write([&](db::Transaction& tx) {
    auto seen = taggable(call, parts, tx);
    if (std::erase(seen.image.tags, tag) == 0) throw Fault::not_found("");
    parts.images.update(tx, seen.image, call.now());
  });
  return http::Response::empty(204);
}

}  // namespace haneul::glance
