#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"

namespace haneul::glance {

enum class Place { images, staging };

// A file on its way into the store; gone with the object unless it was kept.
class IncomingFile {
 public:
  IncomingFile(std::filesystem::path path, int fd);
  ~IncomingFile();
  IncomingFile(const IncomingFile&) = delete;
  IncomingFile& operator=(const IncomingFile&) = delete;

  int fd() const { return fd_; }

 private:
  friend class BlobStore;
  std::filesystem::path path_;
  int fd_;
};

// Data of images as files below one directory: incoming/<random> while it is written, then
// images/<id> or staging/<id>. Any thread; one writer per id.
class BlobStore {
 public:
  // Makes the directories. Throws std::filesystem::filesystem_error.
  explicit BlobStore(std::filesystem::path directory);

  // Throws Fault (no room) if less than `bytes` + `free_bytes_min` is free.
  void require_room(std::uint64_t bytes, std::uint64_t free_bytes_min) const;
  std::unique_ptr<IncomingFile> begin() const;
  // When it returns, the file is on disk under its name.
  void keep(IncomingFile& file, Place place, std::string_view id) const;
  // Staged data becomes the image's. False if there is none.
  bool promote(std::string_view id) const;

  std::filesystem::path path(Place place, std::string_view id) const;
  bool has(Place place, std::string_view id) const;
  void remove(Place place, std::string_view id) const;  // none is fine
  void each(Place place, const std::function<void(const std::string& name)>& see) const;
  // Removes what a crash left: everything incoming, and files whose id nobody wants.
  void sweep(const std::function<bool(Place, const std::string& id)>& wanted) const;

  // Bytes of a file as an answer's or an import's source. Throws Fault::not_found if it is gone.
  std::shared_ptr<http::BodySource> open_source(Place place, std::string_view id,
                                                std::uint64_t offset, std::uint64_t bytes) const;
  static std::unique_ptr<http::BodyReader> open_reader(const std::filesystem::path& path);

 private:
  void sync_directory(Place place) const;

  std::filesystem::path directory_;
};

}  // namespace haneul::glance
