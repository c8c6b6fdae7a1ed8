#include "drivers/virt/guest_files.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/id.h"
#include "drivers/virt/config_drive.h"

namespace haneul::virt {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kGib = 1024 * 1024 * 1024;
constexpr std::int64_t kDiskGibMax = 1024 * 1024;
constexpr const char* kDiskFailed = "The guest's disk could not be made";

[[noreturn]] void fail(const char* what) {
  throw Error(fmt::format("{}: {}.", what, std::strerror(errno)));
}

std::int64_t disk_bytes(const ImageInfo& image, std::int64_t disk_gib) {
  if (disk_gib == 0) return image.virtual_bytes;
  if (disk_gib * kGib >= image.virtual_bytes) return disk_gib * kGib;
  throw Error(
      fmt::format("The image needs a disk of at least {} GiB; the disk asked for has {} GiB.",
                  (image.virtual_bytes + kGib - 1) / kGib, disk_gib));
}

void grow(const std::string& disk, std::int64_t disk_gib) {
  if (disk_gib == 0 || disk_virtual_bytes(disk) >= disk_gib * kGib) return;
  run_qemu_img("The guest's disk could not be resized",
               {"resize", "-q", "-f", "qcow2", disk, std::to_string(disk_gib * kGib)});
}

}  // namespace

GuestFiles::GuestFiles(std::string state_dir, std::uint64_t cache_bytes_max, uid_t owner,
                       gid_t group)
    : guests_dir_(state_dir + "/guests"),
      cache_(state_dir + "/cache", cache_bytes_max),
      owner_(owner),
      group_(group) {
  fs::create_directories(guests_dir_);
}

std::string GuestFiles::dir(const std::string& guest_id) const {
  if (!is_uuid_like(guest_id)) throw Error("A guest's id must be a UUID.");
  return guests_dir_ + "/" + guest_id;
}

std::string GuestFiles::make_dir(const std::string& guest_id) const {
  const std::string path = dir(guest_id);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    fail("The guest's directory could not be made");
  }
  give_away(path);
  return path;
}

void GuestFiles::give_away(const std::string& path) const {
  if (owner_ == ::geteuid()) return;
  if (::chown(path.c_str(), owner_, group_) != 0) fail("A guest's file could not be given to QEMU");
}

void GuestFiles::create_disk(const std::string& guest_id, const ImageSource& image,
                             std::int64_t disk_gib) {
  if (disk_gib < 0 || disk_gib > kDiskGibMax) throw Error("The disk's size is out of range.");
  const std::string home = make_dir(guest_id);
  const std::string made = home + "/disk.qcow2";
  if (fs::exists(made)) return grow(made, disk_gib);

  const ImageInfo info = cache_.link(image, home + "/base." + image.format);
  const std::string part = made + ".part";
  run_qemu_img(kDiskFailed,
               {"create", "-q", "-f", "qcow2", "-F", info.format, "-b", "base." + info.format, part,
                std::to_string(disk_bytes(info, disk_gib))});
  ::chmod(part.c_str(), 0600);
  give_away(part);
  if (::rename(part.c_str(), made.c_str()) != 0) fail(kDiskFailed);
}

void GuestFiles::write_config_drive(const std::string& guest_id,
                                    const std::map<std::string, std::string>& files) {
  const std::string iso = make_dir(guest_id) + "/config.iso";
  write_config_drive_iso(iso, files);
  give_away(iso);
}

void GuestFiles::create_console(const std::string& guest_id) {
  const std::string path = make_dir(guest_id) + "/console.log";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) fail("The guest's console log could not be made");
  ::close(file);
  give_away(path);
}

void GuestFiles::remove(const std::string& guest_id) {
  std::error_code error;
  fs::remove_all(dir(guest_id), error);
  if (error) {
    throw Error(fmt::format("The guest's files could not be removed: {}.", error.message()));
  }
}

std::vector<std::string> GuestFiles::list() const {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator it(guests_dir_, error), end; !error && it != end;
       it.increment(error)) {
    auto name = it->path().filename().string();
    if (is_uuid_like(name)) out.push_back(std::move(name));
  }
  if (error) throw Error(fmt::format("Guests' files could not be listed: {}.", error.message()));
  return out;
}

std::string GuestFiles::disk(const std::string& guest_id) const {
  std::string path = dir(guest_id) + "/disk.qcow2";
  return fs::exists(path) ? path : "";
}

std::string GuestFiles::config_drive(const std::string& guest_id) const {
  std::string path = dir(guest_id) + "/config.iso";
  return fs::exists(path) ? path : "";
}

std::string GuestFiles::base(const std::string& guest_id) const {
  const std::string format = base_format(guest_id);
  return format.empty() ? "" : dir(guest_id) + "/base." + format;
}

std::string GuestFiles::base_format(const std::string& guest_id) const {
  for (const char* format : {"qcow2", "raw"}) {
    if (fs::exists(dir(guest_id) + "/base." + format)) return format;
  }
  return "";
}

std::string GuestFiles::console(const std::string& guest_id) const {
  return dir(guest_id) + "/console.log";
}

}  // namespace haneul::virt
