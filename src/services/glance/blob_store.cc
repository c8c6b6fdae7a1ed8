#include "services/glance/blob_store.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "base/fault.h"
#include "base/id.h"
#include "base/log.h"

namespace haneul::glance {
namespace {

namespace fs = std::filesystem;

Fault broken(std::string_view doing, const fs::path& path) {
  log::error("the image store failed",
             {{"doing", doing}, {"path", path.string()}, {"error", std::strerror(errno)}});
  if (errno == ENOSPC || errno == EDQUOT) {
    return {Fault::Kind::too_large,
            "Image storage media is full: There is not enough disk space "
            "on the image storage media."};
  }
  return Fault::unavailable(
      "Insufficient permissions on image storage media: Permission to write "
      "image storage media denied.");
}

// Closes with the object.
class OpenFile {
 public:
  explicit OpenFile(const fs::path& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (fd_ >= 0) close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

class FileSource final : public http::BodySource {
 public:
  FileSource(const fs::path& path, std::uint64_t offset, std::uint64_t bytes)
      : file_(path), offset_(offset), length_(bytes), left_(bytes) {
    if (file_.fd() < 0) throw Fault::not_found("Image data is not there.");
    posix_fadvise(file_.fd(), static_cast<off_t>(offset), static_cast<off_t>(bytes),
                  POSIX_FADV_SEQUENTIAL);
  }
  std::size_t read(char* out, std::size_t bytes_max) override {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(bytes_max, left_));
    if (want == 0) return 0;
    const auto got = pread(file_.fd(), out, want, static_cast<off_t>(offset_));
    if (got <= 0) throw std::runtime_error("an image's file ended early");
    offset_ += static_cast<std::uint64_t>(got);
    left_ -= static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }
  std::optional<std::uint64_t> length() const override { return length_; }

 private:
  OpenFile file_;
  std::uint64_t offset_, length_, left_;
};

class FileReader final : public http::BodyReader {
 public:
  explicit FileReader(const fs::path& path) : file_(path), size_(fs::file_size(path)) {
    if (file_.fd() < 0) throw broken("open", path);
  }
  std::size_t read(char* out, std::size_t bytes_max) override {
    const auto got = ::read(file_.fd(), out, bytes_max);
    if (got < 0) throw std::runtime_error("an image's file cannot be read");
    return static_cast<std::size_t>(got);
  }
  std::optional<std::uint64_t> length() const override { return size_; }

 private:
  OpenFile file_;
  std::uint64_t size_;
};

const char* name_of(Place place) {
  return place == Place::images ? "images" : "staging";
}

}  // namespace

IncomingFile::IncomingFile(fs::path path, int fd) : path_(std::move(path)), fd_(fd) {}

IncomingFile::~IncomingFile() {
  if (fd_ >= 0) close(fd_);
  if (!path_.empty()) unlink(path_.c_str());
}

BlobStore::BlobStore(fs::path directory) : directory_(std::move(directory)) {
  for (const char* name : {"images", "staging", "incoming"}) {
    fs::create_directories(directory_ / name);
    fs::permissions(directory_ / name, fs::perms::owner_all);
  }
}

void BlobStore::require_room(std::uint64_t bytes, std::uint64_t free_bytes_min) const {
  std::error_code failed;
  const auto space = fs::space(directory_, failed);
  if (failed || (space.available >= free_bytes_min && space.available - free_bytes_min >= bytes)) {
    return;
  }
  throw Fault(Fault::Kind::too_large,
              "Image storage media is full: There is not enough disk "
              "space on the image storage media.");
}

std::unique_ptr<IncomingFile> BlobStore::begin() const {
  auto path = directory_ / "incoming" / new_hex_id();
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) throw broken("create", path);
  return std::make_unique<IncomingFile>(std::move(path), fd);
}

void BlobStore::keep(IncomingFile& file, Place place, std::string_view id) const {
  const auto target = path(place, id);
  if (fsync(file.fd_) != 0) throw broken("fsync", file.path_);
  if (rename(file.path_.c_str(), target.c_str()) != 0) throw broken("rename", target);
  file.path_.clear();
  sync_directory(place);
}

bool BlobStore::promote(std::string_view id) const {
  const auto to = path(Place::images, id);
  if (rename(path(Place::staging, id).c_str(), to.c_str()) != 0) {
    if (errno == ENOENT) return false;
    throw broken("rename", to);
  }
  sync_directory(Place::images);
  sync_directory(Place::staging);
  return true;
}

void BlobStore::sync_directory(Place place) const {
  const OpenFile directory(directory_ / name_of(place));
  if (directory.fd() < 0 || fsync(directory.fd()) != 0) {
    throw broken("fsync", directory_ / name_of(place));
  }
}

fs::path BlobStore::path(Place place, std::string_view id) const {
  // Ids come from paths of URLs: only what can be an id becomes a file's name.
  if (!is_uuid_like(id)) throw Fault::not_found(fmt::format("No image found with ID {}", id));
  return directory_ / name_of(place) / id;
}

bool BlobStore::has(Place place, std::string_view id) const {
  std::error_code failed;
  return fs::exists(path(place, id), failed);
}

void BlobStore::remove(Place place, std::string_view id) const {
  std::error_code failed;
  fs::remove(path(place, id), failed);
  if (failed) {
    log::warning("an image's file could not be removed", {{"id", id}, {"error", failed.message()}});
  }
}

void BlobStore::each(Place place, const std::function<void(const std::string&)>& see) const {
  for (const auto& entry : fs::directory_iterator(directory_ / name_of(place))) {
    see(entry.path().filename().string());
  }
}

void BlobStore::sweep(const std::function<bool(Place, const std::string&)>& wanted) const {
  for (const auto& entry : fs::directory_iterator(directory_ / "incoming")) fs::remove(entry);
  for (const Place place : {Place::images, Place::staging}) {
    for (const auto& entry : fs::directory_iterator(directory_ / name_of(place))) {
      const auto name = entry.path().filename().string();
      if (is_uuid_like(name) && wanted(place, name)) continue;
      log::info("removing an image file that no image owns", {{"path", entry.path().string()}});
      fs::remove(entry);
    }
  }
}

std::shared_ptr<http::BodySource> BlobStore::open_source(Place place, std::string_view id,
                                                         std::uint64_t offset,
                                                         std::uint64_t bytes) const {
  return std::make_shared<FileSource>(path(place, id), offset, bytes);
}

std::unique_ptr<http::BodyReader> BlobStore::open_reader(const fs::path& path) {
  return std::make_unique<FileReader>(path);
}

}  // namespace haneul::glance
