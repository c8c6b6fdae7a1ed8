#include <fmt/format.h>

#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "services/glance/logic/byte_range.h"
#include "services/glance/parts.h"

namespace haneul::glance {
namespace {

// Headers of PUT …/file and …/stage.
void check_headers(const resource::Call& call) {
  const std::string* type = call.request().headers.find("Content-Type");
  const auto name =
      type ? trim(std::string_view(*type).substr(0, type->find(';'))) : std::string_view("None");
  if (name != "application/octet-stream") {
    throw Fault(Fault::Kind::unsupported_media, fmt::format("Invalid content type {}", name))
        .named(kAsDetail);
  }
  const std::string* size = call.request().headers.find("X-OpenStack-Image-Size");
  if (size && !parse_int(*size)) {
    throw Fault::bad_request("Invalid or missing image size in request headers.");
  }
}

// The bytes that will come, as far as the client says.
std::uint64_t announced(resource::Call& call) {
  return call.request().stream ? call.request().stream->length().value_or(0) : 0;
}

// How much may come, after a look at what is announced: it may be nothing, or not the truth.
IngestLimits check_room(resource::Call& call, Parts& parts, db::Session& session,
                        const Image& image) {
  const Options& options = parts.options;
  const auto bytes = announced(call);
  IngestLimits limits{.bytes_max = options.image_bytes_max};
  if (bytes > limits.bytes_max) throw Fault::too_large(limits.refusal);
  parts.blobs.require_room(bytes, options.free_bytes_min);
  limits.look = [&parts] { parts.blobs.require_room(0, parts.options.free_bytes_min); };
  if (options.project_bytes_max == 0) return limits;
  const auto used = static_cast<std::uint64_t>(
      session.integer("SELECT COALESCE(SUM(size), 0) FROM images WHERE owner = ?", {image.owner})
          .value_or(0));
  const std::uint64_t left = options.project_bytes_max - std::min(options.project_bytes_max, used);
  if (left >= limits.bytes_max) return limits;
  limits.bytes_max = left;
  limits.refusal = fmt::format(
      "Image exceeds the storage quota: The size of the data {} will exceed the limit. {} bytes "
      "remaining.",
      bytes, left);
  if (bytes > left || left == 0) throw Fault::too_large(limits.refusal);
  return limits;
}

// An image that data is coming for: `status` and a mark of this upload are in its row. Unless the
// data arrives, the row goes back to what it was.
class Upload {
 public:
  Upload(resource::Call& call, Parts& parts, std::string_view rule, std::string_view status)
      : parts_(parts), db_(call.db()), mark_(new_hex_id()) {
    db_.write([&](db::Transaction& tx) {
      auto seen = parts.images.require(call, tx, call.param("image_id"));
      enforce(call, rule, seen);
      change_status(seen.image, status);
      limits_ = check_room(call, parts, tx, seen.image);
      seen.image.upload = mark_;
      parts.images.update(tx, seen.image, call.now());
      image_ = std::move(seen.image);
    });
  }
  ~Upload() {
    if (!settled_) restore();
  }
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  const Image& image() const { return image_; }
  const IngestLimits& limits() const { return limits_; }

  // Changes the row in one transaction; false if the image is gone or is no longer ours.
  template <class F>
  bool settle(F change) {
    settled_ = db_.write([&](db::Transaction& tx) {
      auto image = parts_.images.store().find(tx, image_.id);
      if (!image || image->upload != mark_) return false;
      image->upload.clear();
      change(*image);
      return parts_.images.update(tx, *image, parts_.world.clock.now());
    });
    return settled_;
  }
  void abandon() { settled_ = true; }

 private:
  void restore() noexcept {
    try {
      settle([](Image& image) {
        image.status = "queued";
        image.size.reset();
        image.virtual_size.reset();
      });
    } catch (const std::exception& e) {
      log::error("an image could not be put back to queued; start-up will",
                 {{"image", image_.id}, {"error", e.what()}});
    }
  }

  Parts& parts_;
  db::Database& db_;
  std::string mark_;
  Image image_;
  IngestLimits limits_;
  bool settled_ = false;
};

Fault gone(const std::string& id) {
  return Fault::gone(fmt::format(
      "Image {} could not be found after upload. The image may have been deleted during the "
      "upload, cleaning up the chunks uploaded.",
      id));
}

http::BodyReader& body_of(resource::Call& call) {
  if (!call.request().stream) throw Fault::bad_request("Body expected in request.");
  return *call.request().stream;
}

// "bytes 0-9/100", and what the store is to be asked for.
void set_range(http::Response& response, const ByteRange& range, std::uint64_t size) {
  response.status = 206;
  response.headers.set("Content-Range", fmt::format("bytes {}-{}/{}", range.first,
                                                    range.first + range.length - 1, size));
}

Fault refused_range(const RangeProblem& problem) {
  if (problem.several) {
    return Fault::bad_request(
        "Requests with multiple ranges are not supported in Glance. You may make multiple "
        "single-range requests instead.");
  }
  return Fault(Fault::Kind::range_not_satisfiable, problem.words).named(kAsDetail);
}

Image image_for_download(resource::Call& call, Parts& parts) {
  return call.db().read([&](db::Session& s) {
    auto seen = parts.images.require(call, s, call.param("image_id"));
    if (seen.image.status == "deactivated" && !is_admin(call)) {
      throw Fault::forbidden(
          "The requested image has been deactivated. Image data download is forbidden.");
    }
    enforce(call, "download_image", seen);
    return std::move(seen.image);
  });
}

}  // namespace

void set_data_facts(Image& image, const Ingested& data, std::int64_t virtual_size) {
  image.size = data.size;
  image.checksum = data.checksum;
  image.os_hash_algo = kHashAlgorithm;
  image.os_hash_value = data.os_hash_value;
  if (virtual_size > 0) image.virtual_size = virtual_size;
}

http::Response upload_data(resource::Call& call, Parts& parts) {
  check_headers(call);
  Upload upload(call, parts, "upload_image", "saving");
  const Image& image = upload.image();
  const auto file = parts.blobs.begin();
  const auto data = ingest(body_of(call), file->fd(), upload.limits());
  const auto virtual_size = check_format(data.window, *image.disk_format, *image.container_format,
                                         parts.options.format_must_match);
  if (!virtual_size) {
    throw Fault(Fault::Kind::unsupported_media, virtual_size.reason()).named(kAsDetail);
  }
  parts.blobs.keep(*file, Place::images, image.id);
  const bool kept = upload.settle([&](Image& row) {
    set_data_facts(row, data, *virtual_size);
    row.status = "active";
  });
  if (!kept) {
    upload.abandon();
    parts.blobs.remove(Place::images, image.id);
    throw gone(image.id);
  }
  return http::Response::empty(204);
}

http::Response stage_data(resource::Call& call, Parts& parts) {
  check_headers(call);
  Upload upload(call, parts, "modify_image", "uploading");
  const auto file = parts.blobs.begin();
  const auto data = ingest(body_of(call), file->fd(), upload.limits());
  parts.blobs.keep(*file, Place::staging, upload.image().id);
  if (!upload.settle([&](Image& row) { row.size = data.size; })) {
    upload.abandon();
    parts.blobs.remove(Place::staging, upload.image().id);
    throw gone(upload.image().id);
  }
  return http::Response::empty(204);
}

http::Response download_data(resource::Call& call, Parts& parts) {
  const Image image = image_for_download(call, parts);
  const bool has_data = image.status == "active" || image.status == "deactivated";
  if (!has_data || !image.size) return http::Response::empty(204);
  const auto size = static_cast<std::uint64_t>(*image.size);
  const auto& headers = call.request().headers;
  const auto range = read_range(headers.find("Range"), headers.find("Content-Range"), size);
  if (!range) throw refused_range(range.problem());
  http::Response response;
  response.headers.set("Content-Type", "application/octet-stream");
  if (range.is_partial()) set_range(response, range.range(), size);
  if (image.checksum) response.headers.set("Content-MD5", *image.checksum);
  response.stream =
      parts.blobs.open_source(Place::images, image.id, range.range().first, range.range().length);
  return response;
}

}  // namespace haneul::glance
