#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/fwd.h"
#include "config/option.h"
#include "db/fwd.h"
#include "http/fwd.h"
#include "json/value.h"
#include "resource/world.h"

namespace haneul::resource {
class Service;
}

namespace haneul::glance {

struct Options {
  std::filesystem::path directory;  // made if there is none; images/ and staging/ below it
  std::uint64_t image_bytes_max = std::uint64_t{1} << 40;
  std::uint64_t free_bytes_min = 256 * 1024 * 1024;  // left on the disk when an upload begins
  std::uint64_t project_bytes_max = 0;               // of all images of a project; 0 is no limit
  std::size_t properties_max = 128;                  // of an image
  std::size_t tags_max = 128;
  std::size_t members_max = 128;
  bool format_must_match = true;  // refuse data that is not what disk_format says
};
std::vector<config::Section> sections(Options& values);

struct ImageFacts {
  std::string id, name, status;
  std::int64_t size = 0;  // bytes; 0 until there is data
  std::optional<std::int64_t> virtual_size;
  std::int64_t min_disk = 0;  // GiB
  std::int64_t min_ram = 0;   // MiB
  std::string disk_format, container_format;
  json::Object properties;  // the custom ones, all text
};

// An image's data on the disk of this process.
struct ImageSource {
  std::string id, path, format, checksum;  // checksum: MD5 in hexadecimal
  std::int64_t size = 0;
  std::optional<std::int64_t> virtual_size;
  std::int64_t min_disk = 0, min_ram = 0;
  json::Object properties;
};

// A file to become an image of everybody's.
struct ImportedFile {
  std::string name, disk_format = "qcow2", container_format = "bare";
  std::string owner;  // project
  std::int64_t min_disk = 0, min_ram = 0;
  json::Object properties;
};

// The Image API v2, and images for other services. Any thread.
class Glance {
 public:
  // Registers its flow: before the engine runs.
  Glance(const resource::World& world, Options options);
  ~Glance();
  Glance(const Glance&) = delete;
  Glance& operator=(const Glance&) = delete;

  // Build once, keep as long as the program.
  const resource::Service& service() const;

  // After migrations, before requests: forgets uploads of a process that died, with their files.
  void start();

  // Rows without data and data without a row, one sentence each.
  std::vector<std::string> doctor() const;

  // An image that this caller may see; nothing otherwise.
  std::optional<ImageFacts> find(db::Session& session, const access::Caller& caller,
                                 std::string_view id) const;
  // Nothing unless there is data: status active or deactivated.
  std::optional<ImageSource> source(db::Session& session, std::string_view id) const;
  // Its bytes, to be sent. Throws Fault::not_found if they have gone meanwhile.
  std::shared_ptr<http::BodySource> open(const ImageSource& source) const;
  // Reads, checks and copies the file; an image with this name and these bytes is left as it is.
  // Takes as long as hashing takes: not within a transaction. Returns the id. Throws Fault.
  std::string import_file(const std::filesystem::path& path, const ImportedFile& facts);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace haneul::glance
