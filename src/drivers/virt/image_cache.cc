#include "drivers/virt/image_cache.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>

#include "drivers/virt/copy_file.h"

namespace haneul::virt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPart = ".part";

// Becomes a file's name, so nothing but these may come in.
void check_name_part(const std::string& text) {
  const auto fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (text.size() > 128 || !std::all_of(text.begin(), text.end(), fine)) {
    throw Error("The image's id or checksum has characters that are not allowed.");
  }
}

std::string name_of(const ImageSource& image) {
  if (image.id.empty()) throw Error("The image has no id.");
  check_name_part(image.id);
  check_name_part(image.checksum);
  return image.id + "-" + (image.checksum.empty() ? "unchecked" : image.checksum);
}

struct Copy {
  std::string path;
  std::uint64_t bytes = 0;
  timespec used{};
  bool in_use = false;
};

bool older(const Copy& a, const Copy& b) {
  return std::pair(a.used.tv_sec, a.used.tv_nsec) < std::pair(b.used.tv_sec, b.used.tv_nsec);
}

std::vector<Copy> copies_in(const std::string& dir) {
  std::vector<Copy> out;
  for (const auto& entry : fs::directory_iterator(dir)) {
    struct stat s {};
    const std::string path = entry.path();
    if (::lstat(path.c_str(), &s) != 0 || !S_ISREG(s.st_mode) || path.ends_with(kPart)) continue;
    out.push_back({path, static_cast<std::uint64_t>(s.st_blocks) * 512, s.st_mtim, s.st_nlink > 1});
  }
  return out;
}

void remove_unfinished(const std::string& dir) {
  for (const auto& entry : fs::directory_iterator(dir)) {
    if (entry.path().string().ends_with(kPart)) ::unlink(entry.path().c_str());
  }
}

}  // namespace

class ImageCache::Copying {
 public:
  Copying(ImageCache& cache, const std::string& name) : cache_(cache), name_(name) {}
  ~Copying() {
    const std::lock_guard lock(cache_.mutex_);
    cache_.copying_.erase(name_);
    cache_.copied_.notify_all();
  }
  Copying(const Copying&) = delete;
  Copying& operator=(const Copying&) = delete;

 private:
  ImageCache& cache_;
  const std::string& name_;
};

ImageCache::ImageCache(std::string dir, std::uint64_t bytes_max)
    : dir_(std::move(dir)), bytes_max_(bytes_max) {
  fs::create_directories(dir_);
  remove_unfinished(dir_);
}

ImageInfo ImageCache::link(const ImageSource& image, const std::string& link) {
  const std::string name = name_of(image);
  // Once more if the copy was evicted between obtaining and linking it.
  for (int attempt = 0;; ++attempt) {
    const ImageInfo info = obtain(image, name);
    const std::lock_guard lock(mutex_);
    ::unlink(link.c_str());
    if (::link(path_of(name).c_str(), link.c_str()) == 0) {
      ::utimensat(AT_FDCWD, path_of(name).c_str(), nullptr, 0);
      return info;
    }
    known_.erase(name);
    if (errno != ENOENT || attempt == 2) {
      throw Error(fmt::format("The image's copy could not be used: {}.", std::strerror(errno)));
    }
  }
}

ImageInfo ImageCache::obtain(const ImageSource& image, const std::string& name) {
  std::unique_lock lock(mutex_);
  copied_.wait(lock, [&] { return copying_.count(name) == 0; });
  if (const auto known = known_.find(name); known != known_.end()) return known->second;
  copying_.insert(name);
  lock.unlock();
  const Copying copying(*this, name);

  if (!fs::exists(path_of(name))) copy(image, name);
  const ImageInfo info = inspect_image(path_of(name), image.format);
  const std::lock_guard again(mutex_);
  known_[name] = info;
  evict(path_of(name));
  return info;
}

void ImageCache::copy(const ImageSource& image, const std::string& name) const {
  const std::string part = path_of(name) + std::string(kPart);
  try {
    image.fetch ? image.fetch(part) : copy_file(image.path, part);
    inspect_image(part, image.format);
    fs::rename(part, path_of(name));
  } catch (const std::exception& e) {
    ::unlink(part.c_str());
    throw Error(e.what());
  }
}

void ImageCache::evict(const std::string& keep) const {
  if (bytes_max_ == 0) return;
  auto copies = copies_in(dir_);
  std::uint64_t total = 0;
  for (const auto& c : copies) total += c.bytes;
  std::sort(copies.begin(), copies.end(), older);
  for (const auto& c : copies) {
    if (total <= bytes_max_) return;
    if (c.in_use || c.path == keep) continue;
    if (::unlink(c.path.c_str()) == 0) total -= c.bytes;
  }
}

}  // namespace haneul::virt
