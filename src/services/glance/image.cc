#include "services/glance/image.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/fault.h"
#include "json/writer.h"
#include "resource/dialect.h"

namespace haneul::glance {
namespace {

using resource::field;

constexpr auto kFields = resource::fields(
    field<&Image::id>("id").sort_key(), field<&Image::name>("name").sort_key(),
    field<&Image::status>("status").sort_key(), field<&Image::visibility>("visibility"),
    field<&Image::owner>("owner"), field<&Image::size>("size").sort_key(),
    field<&Image::virtual_size>("virtual_size"), field<&Image::checksum>("checksum"),
    field<&Image::os_hash_algo>("os_hash_algo"), field<&Image::os_hash_value>("os_hash_value"),
    field<&Image::disk_format>("disk_format").sort_key(),
    field<&Image::container_format>("container_format").sort_key(),
    field<&Image::min_disk>("min_disk"), field<&Image::min_ram>("min_ram"),
    field<&Image::is_protected>("protected"), field<&Image::os_hidden>("os_hidden"),
    field<&Image::created_at>("created_at").sort_key(),
    field<&Image::updated_at>("updated_at").sort_key(), field<&Image::properties>("properties"),
    field<&Image::tags>("tags"), field<&Image::upload>("upload").hidden());
static_assert(resource::complete<Image>(kFields));

// upstream: openstack/glance:glance/domain/__init__.py Image.valid_state_targets
struct Transitions {
  std::string_view from;
  std::array<std::string_view, 5> to;
};
constexpr Transitions kTransitions[] = {
    {"queued", {"saving", "uploading", "importing", "active", "deleted"}},
    {"saving", {"active", "killed", "deleted", "queued"}},
    {"uploading", {"importing", "queued", "deleted"}},
    {"importing", {"active", "deleted", "queued"}},
    {"active", {"pending_delete", "deleted", "deactivated"}},
    {"deactivated", {"active", "deleted"}}};

bool may_become(std::string_view from, std::string_view to) {
  for (const auto& t : kTransitions) {
    if (t.from == from) return std::find(t.to.begin(), t.to.end(), to) != t.to.end();
  }
  return false;
}

void require_formats(const Image& image) {
  std::vector<std::string> missing;
  if (!image.disk_format) missing.emplace_back("disk_format");
  if (!image.container_format) missing.emplace_back("container_format");
  if (missing.empty()) return;
  throw Fault::bad_request(fmt::format("{} {} must be set prior to saving data.",
                                       missing.size() == 1 ? "Property" : "Properties",
                                       fmt::join(missing, ", ")));
}

}  // namespace

const resource::Resource kImage{.singular = "image",
                                .plural = "images",
                                .path = "/v2/images",
                                .scope = resource::Scope::cloud,
                                .owner_column = "owner",
                                .fields = kFields};

void Images::insert(db::Transaction& tx, const Image& image) const {
  store_.insert(tx, image);
  write_side_tables(tx, image);
}

bool Images::update(db::Transaction& tx, Image& image, Instant now) const {
  image.updated_at = now;
  if (!store_.update(tx, image)) return false;
  write_side_tables(tx, image);
  return true;
}

void Images::remove(db::Transaction& tx, const Image& image) const {
  store_.remove(tx, image.id);
  tx.execute("DELETE FROM image_properties WHERE image_id = ?", {image.id});
  tx.execute("DELETE FROM image_tags WHERE image_id = ?", {image.id});
  tx.execute("DELETE FROM image_members WHERE image_id = ?", {image.id});
}

void Images::write_side_tables(db::Transaction& tx, const Image& image) const {
  tx.execute("DELETE FROM image_properties WHERE image_id = ?", {image.id});
  for (const auto& [name, value] : image.properties) {
    tx.execute("INSERT INTO image_properties (image_id, name, value) VALUES (?, ?, ?)",
               {image.id, name, value});
  }
  tx.execute("DELETE FROM image_tags WHERE image_id = ?", {image.id});
  for (const auto& tag : image.tags) {
    tx.execute("INSERT INTO image_tags (image_id, value) VALUES (?, ?)", {image.id, tag});
  }
}

std::optional<Seen> Images::find(db::Session& session, std::string_view id,
                                 std::string_view project, bool is_admin) const {
  auto image = store_.find(session, id);
  if (!image) return std::nullopt;
  Seen seen{std::move(*image), false};
  const Image& i = seen.image;
  const bool own = i.owner && !project.empty() && *i.owner == project;
  if (i.visibility == "shared" && !own && !project.empty()) {
    seen.is_member = session
                         .integer(
                             "SELECT 1 FROM image_members WHERE image_id = ? AND"
                             " member_id = ?",
                             {id, project})
                         .has_value();
  }
  const bool visible = is_admin || own || !i.owner || i.visibility == "public" ||
                       i.visibility == "community" || seen.is_member;
  return visible ? std::optional(std::move(seen)) : std::nullopt;
}

Seen Images::require(const resource::Call& call, db::Session& session, std::string_view id) const {
  auto seen = find(session, id, call.caller().project_id.text, is_admin(call));
  if (!seen) throw Fault::not_found(fmt::format("No image found with ID {}", id));
  return std::move(*seen);
}

bool is_admin(const resource::Call& call) {
  return call.allowed("context_is_admin");
}

std::optional<access::TargetValue> ImageTarget::get(std::string_view name) const {
  const Image& i = seen_.image;
  if (name == "project_id" || name == "owner") {
    return i.owner ? access::TargetValue(std::string_view(*i.owner)) : access::TargetValue(nullptr);
  }
  if (name == "member_id") {
    return seen_.is_member ? access::TargetValue(std::string_view(call_.caller().project_id.text))
                           : access::TargetValue(nullptr);
  }
  if (name == "visibility") return std::string_view(i.visibility);
  if (name == "status") return std::string_view(i.status);
  if (name == "id" || name == "image_id") return std::string_view(i.id);
  if (name == "protected") return i.is_protected;
  const auto property = i.properties.find(std::string(name));
  if (property == i.properties.end()) return std::nullopt;
  return std::string_view(property->second);
}

void enforce(const resource::Call& call, std::string_view rule, const Seen& seen) {
  const ImageTarget target(call, seen);
  if (call.allowed(rule, target)) return;
  if (rule == "get_image" || !call.allowed("get_image", target)) throw Fault::not_found("");
  throw call.dialect().refused(rule, true);
}

void enforce_visibility(const resource::Call& call, std::string_view visibility,
                        const access::Target& target) {
  if (visibility == "public") call.enforce("publicize_image", target);
  if (visibility == "community") call.enforce("communitize_image", target);
}

void change_status(Image& image, std::string_view to) {
  if (!may_become(image.status, to)) {
    throw Fault::conflict(
        fmt::format("Image status transition from {} to {} is not allowed", image.status, to));
  }
  const bool early = image.status == "queued" || image.status == "uploading";
  if (early && (to == "saving" || to == "active" || to == "importing")) require_formats(image);
  if (to == "queued") image.size.reset(), image.virtual_size.reset();
  image.status = to;
}

void write_image(json::Writer& w, const Image& i) {
  w.begin_object();
  for (const auto& [name, value] : i.properties) w.member(name, value);
  w.member("name", i.name).member("disk_format", i.disk_format);
  w.member("container_format", i.container_format).member("visibility", i.visibility);
  w.member("size", i.size).member("virtual_size", i.virtual_size).member("status", i.status);
  w.member("checksum", i.checksum).member("protected", i.is_protected);
  w.member("min_ram", i.min_ram).member("min_disk", i.min_disk).member("owner", i.owner);
  w.member("os_hidden", i.os_hidden).member("os_hash_algo", i.os_hash_algo);
  w.member("os_hash_value", i.os_hash_value).member("id", i.id);
  w.member("created_at", iso_seconds(i.created_at)).member("updated_at", iso_seconds(i.updated_at));
  w.member("tags", i.tags);
  const auto self = "/v2/images/" + i.id;
  w.member("self", self).member("file", self + "/file").member("schema", "/v2/schemas/image");
  w.end_object();
}

std::string render_image(const resource::Call&, const Image& image) {
  json::Writer w;
  write_image(w, image);
  return w.take();
}

}  // namespace haneul::glance
