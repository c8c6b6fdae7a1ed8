#pragma once
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "drivers/virt/driver.h"
#include "drivers/virt/image_info.h"

namespace haneul::virt {

// This host's copies of images, one file each, named by id and checksum. A user of a copy holds a
// hard link to it, so a copy with one link is unused, and forgetting a copy hurts nobody. One
// process at a time; safe from any thread.
class ImageCache {
 public:
  // The directory is made if absent. When copies together exceed `bytes_max` on disk (0: no
  // limit), unused ones go, longest unused first; those in use stay whatever the limit.
  ImageCache(std::string dir, std::uint64_t bytes_max);

  // Makes `link` (same file system; replaced if it exists) another name of the image's copy,
  // copying first if there is none. Who asks for an image that is being copied waits. The copy
  // appears whole or not at all. Throws Error, also for images that name other files.
  ImageInfo link(const ImageSource& image, const std::string& link);

 private:
  // While it lives, others who want the same image wait.
  class Copying;

  ImageInfo obtain(const ImageSource& image, const std::string& name);
  void copy(const ImageSource& image, const std::string& name) const;
  void evict(const std::string& keep) const;
  std::string path_of(const std::string& name) const { return dir_ + "/" + name; }

  const std::string dir_;
  const std::uint64_t bytes_max_;
  mutable std::mutex mutex_;
  std::condition_variable copied_;
  std::set<std::string> copying_;
  std::map<std::string, ImageInfo> known_;  // of copies made or inspected by this process
};

}  // namespace haneul::virt
