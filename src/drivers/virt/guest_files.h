#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

#include "drivers/virt/driver.h"
#include "drivers/virt/image_cache.h"

namespace haneul::virt {

// What guests keep on this host's disk, a directory each: disk.qcow2 over base (a link into the
// image cache), config.iso, console.log. Every call may be repeated. Throws Error. Different guests
// may be worked on from different threads at once.
class GuestFiles {
 public:
  // Guests' files belong to `owner` and `group`, whom QEMU runs as.
  GuestFiles(std::string state_dir, std::uint64_t cache_bytes_max, uid_t owner, gid_t group);

  // A disk that is there already stays, and grows if it is smaller than `disk_gib`.
  void create_disk(const std::string& guest_id, const ImageSource& image, std::int64_t disk_gib);
  void write_config_drive(const std::string& guest_id,
                          const std::map<std::string, std::string>& files);
  // An empty console log unless there is one.
  void create_console(const std::string& guest_id);
  void remove(const std::string& guest_id);
  std::vector<std::string> list() const;

  // Empty if there is none.
  std::string disk(const std::string& guest_id) const;
  std::string config_drive(const std::string& guest_id) const;
  std::string base(const std::string& guest_id) const;
  std::string base_format(const std::string& guest_id) const;
  std::string console(const std::string& guest_id) const;

 private:
  std::string dir(const std::string& guest_id) const;
  std::string make_dir(const std::string& guest_id) const;
  void give_away(const std::string& path) const;

  const std::string guests_dir_;
  ImageCache cache_;
  const uid_t owner_;
  const gid_t group_;
};

}  // namespace haneul::virt
