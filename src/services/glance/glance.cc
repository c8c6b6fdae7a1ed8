#include "services/glance/glance.h"

#include <fmt/format.h>

#include "access/caller.h"
#include "access/policy.h"
#include "base/id.h"
#include "base/log.h"
#include "services/glance/flows/import_image.h"
#include "services/glance/impl.h"

namespace haneul::glance {
namespace {

bool has_data(const Image& image) {
  return image.status == "active" || image.status == "deactivated";
}

json::Object properties_of(const Image& image) {
  json::Object out;
  for (const auto& [name, value] : image.properties) out.set(name, value);
  return out;
}

// Is this file part of what a row says?
bool is_wanted(const std::optional<Image>& image, Place place) {
  if (!image) return false;
  // An import that was interrupted finds its data in either place.
  if (image->status == "importing") return true;
  return place == Place::images ? has_data(*image)
                                : image->status == "uploading" && image->upload.empty();
}

std::optional<std::string> same_image(db::Session& session, const std::string& name,
                                      const std::string& hash) {
  return session.text(
      "SELECT id FROM images WHERE name = ? AND os_hash_value = ? AND"
      " visibility = 'public' AND status = 'active'",
      {name, hash});
}

Image image_of(const ImportedFile& facts, const Ingested& data, std::int64_t virtual_size,
               Instant now) {
  Image image;
  image.id = new_uuid();
  image.name = facts.name;
  image.status = "active";
  image.visibility = "public";
  if (!facts.owner.empty()) image.owner = facts.owner;
  image.disk_format = facts.disk_format;
  image.container_format = facts.container_format;
  image.min_disk = facts.min_disk;
  image.min_ram = facts.min_ram;
  image.created_at = image.updated_at = now;
  for (const auto& [key, value] : facts.properties) {
    if (value.text()) image.properties[key] = *value.text();
  }
  set_data_facts(image, data, virtual_size);
  return image;
}

}  // namespace

Glance::Glance(const resource::World& world, Options options)
    : impl_(std::make_unique<Impl>(world, std::move(options))) {
  world.flows.add<ImportImage>(kImportImage, [parts = &impl_->parts] {
    auto flow = std::make_unique<ImportImage>();
    flow->parts = parts;
    return flow;
  });
}
Glance::~Glance() = default;

const resource::Service& Glance::service() const {
  return impl_->service;
}

void Glance::start() {
  const auto& world = impl_->parts.world;
  auto& blobs = impl_->parts.blobs;
  auto& images = impl_->parts.images;
  const auto reset = world.db.write([&](db::Transaction& tx) {
    return tx.execute(
        "UPDATE images SET status = 'queued', size = NULL, virtual_size = NULL,"
        " upload = '' WHERE upload <> ''");
  });
  if (reset > 0) log::info("uploads that were cut off are queued again", {{"images", reset}});
  world.db.read([&](db::Session& s) {
    blobs.sweep([&](Place place, const std::string& id) {
      return is_wanted(images.store().find(s, id), place);
    });
  });
}

std::vector<std::string> Glance::doctor() const {
  const auto& world = impl_->parts.world;
  const auto& blobs = impl_->parts.blobs;
  const auto& images = impl_->parts.images;
  std::vector<std::string> lines;
  world.db.read([&](db::Session& s) {
    for (const Place place : {Place::images, Place::staging}) {
      blobs.each(place, [&](const std::string& name) {
        const auto image = images.store().find(s, name);
        const bool is_on_its_way = image && !image->upload.empty();
        if (is_on_its_way || is_wanted(image, place)) return;
        lines.push_back(fmt::format("The image store keeps {}, which no image owns.",
                                    blobs.path(place, name).string()));
      });
    }
    db::Rows rows = s.query("SELECT id FROM images WHERE status IN ('active', 'deactivated')");
    while (rows.next()) {
      if (blobs.has(Place::images, rows.text(0))) continue;
      lines.push_back(fmt::format("Image {} has lost its data.", rows.text(0)));
    }
  });
  return lines;
}

std::optional<ImageFacts> Glance::find(db::Session& session, const access::Caller& caller,
                                       std::string_view id) const {
  const bool admin = impl_->service.policy().check("context_is_admin", caller);
  const auto seen = impl_->parts.images.find(session, id, caller.project_id.text, admin);
  if (!seen) return std::nullopt;
  const Image& i = seen->image;
  return ImageFacts{i.id,
                    i.name.value_or(""),
                    i.status,
                    i.size.value_or(0),
                    i.virtual_size,
                    i.min_disk,
                    i.min_ram,
                    i.disk_format.value_or(""),
                    i.container_format.value_or(""),
                    properties_of(i)};
}

std::optional<ImageSource> Glance::source(db::Session& session, std::string_view id) const {
  const auto i = impl_->parts.images.store().find(session, id);
  if (!i || !has_data(*i)) return std::nullopt;
  return ImageSource{i->id,
                     impl_->parts.blobs.path(Place::images, i->id).string(),
                     i->disk_format.value_or("raw"),
                     i->checksum.value_or(""),
                     i->size.value_or(0),
                     i->virtual_size,
                     i->min_disk,
                     i->min_ram,
                     properties_of(*i)};
}

std::shared_ptr<http::BodySource> Glance::open(const ImageSource& source) const {
  return impl_->parts.blobs.open_source(Place::images, source.id, 0,
                                        static_cast<std::uint64_t>(source.size));
}

std::string Glance::import_file(const std::filesystem::path& path, const ImportedFile& facts) {
  auto& parts = impl_->parts;
  const auto reader = BlobStore::open_reader(path);
  parts.blobs.require_room(reader->length().value_or(0), parts.options.free_bytes_min);
  const auto file = parts.blobs.begin();
  const auto data = ingest(*reader, file->fd(), {parts.options.image_bytes_max});
  const auto virtual_size = check_format(data.window, facts.disk_format, facts.container_format,
                                         parts.options.format_must_match);
  if (!virtual_size) {
    throw Fault::bad_request(fmt::format("{}: {}", path.string(), virtual_size.reason()));
  }
  const auto known = parts.world.db.read(
      [&](db::Session& s) { return same_image(s, facts.name, data.os_hash_value); });
  if (known) return *known;
  const Image image = image_of(facts, data, *virtual_size, parts.world.clock.now());
  parts.blobs.keep(*file, Place::images, image.id);
  parts.world.db.write([&](db::Transaction& tx) { parts.images.insert(tx, image); });
  return image.id;
}

}  // namespace haneul::glance
