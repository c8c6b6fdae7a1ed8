#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace haneul::virt {

struct ImageInfo {
  std::string format;
  std::int64_t virtual_bytes = 0;
};

// Reads an image's header with qemu-img under limits of memory and time. `format` is what the image
// is said to be and is never guessed: a raw image that begins like a qcow2 stays raw. Throws Error
// if the file is not of that format or names other files (backing or data) or is encrypted.
ImageInfo inspect_image(const std::string& path, const std::string& format);
// The size a disk of ours shows its guest, also while it runs. Throws Error.
std::int64_t disk_virtual_bytes(const std::string& path);

// Runs qemu-img; throws Error("<what>: <its last words>") unless it succeeds.
// Returns what it wrote.
std::string run_qemu_img(const std::string& what, const std::vector<std::string>& arguments);

}  // namespace haneul::virt
