#include "services/glance/flows/import_image.h"

#include <fmt/format.h>

#include "services/glance/task.h"

namespace haneul::glance {
namespace {

constexpr auto kState = resource::fields(resource::field<&ImportImage::image_id>("image_id"),
                                         resource::field<&ImportImage::task_id>("task_id"));
constexpr flow::Step<ImportImage> kSteps[] = {
    {"store", &ImportImage::store, &ImportImage::unstore}};

}  // namespace

const flow::Program<ImportImage> kImportImage{"glance.import_image", kState, kSteps,
                                              &ImportImage::failed};

flow::Outcome ImportImage::store(const flow::Visit& visit) {
  const auto image =
      visit.db.read([&](db::Session& s) { return parts->images.store().find(s, image_id); });
  if (!image || image->status != "importing") throw Fault::gone("The image is gone.");
  // A process that died between the move and the commit has left it in its last place already.
  const bool moved = !parts->blobs.has(Place::staging, image_id);
  const auto place = moved ? Place::images : Place::staging;
  if (moved && !parts->blobs.has(place, image_id)) throw Fault::gone("The staged data is gone.");
  const auto reader = BlobStore::open_reader(parts->blobs.path(place, image_id));
  const auto data = ingest(*reader, -1, {parts->options.image_bytes_max});
  const auto virtual_size = check_format(data.window, *image->disk_format, *image->container_format,
                                         parts->options.format_must_match);
  if (!virtual_size) throw Fault::bad_request(virtual_size.reason());
  if (!moved) parts->blobs.promote(image_id);
  return flow::Outcome::done().with([this, data, size = *virtual_size](db::Transaction& tx) {
    const Instant now = parts->world.clock.now();
    auto row = parts->images.store().find(tx, image_id);
    if (!row) {  // deleted meanwhile: its file goes as well
      tx.after_commit([p = parts, id = image_id] { p->blobs.remove(Place::images, id); });
      return end_task(tx, task_id, "failure", "The image is gone.", now);
    }
    set_data_facts(*row, data, size);
    row->status = "active";
    parts->images.update(tx, *row, now);
    end_task(tx, task_id, "success", "", now);
  });
}

void ImportImage::unstore(const flow::Visit&) {
  parts->blobs.remove(Place::staging, image_id);
  parts->blobs.remove(Place::images, image_id);
}

void ImportImage::failed(db::Transaction& tx, const std::string& reason) {
  const Instant now = parts->world.clock.now();
  auto row = parts->images.store().find(tx, image_id);
  if (row && row->status == "importing") {
    change_status(*row, "queued");
    parts->images.update(tx, *row, now);
  }
  end_task(tx, task_id, "failure", reason, now);
}

}  // namespace haneul::glance
