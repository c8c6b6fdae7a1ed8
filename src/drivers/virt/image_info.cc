#include "drivers/virt/image_info.h"

#include <fmt/format.h>

#include "base/process.h"
#include "drivers/virt/driver.h"
#include "json/value.h"

namespace haneul::virt {
namespace {

// A crafted header can make qemu-img allocate and loop.
// upstream: openstack/nova:nova/privsep/qemu.py (QEMU_IMG_LIMITS)
constexpr ProcessLimits kLimits{
    .time_max = std::chrono::minutes(5), .memory_bytes_max = 1ull << 30, .cpu_seconds_max = 30};

bool has_text(const json::Value& info, std::initializer_list<std::string_view> path) {
  const auto* value = info.at(path);
  return value != nullptr && !value->is_null();
}

void refuse_references(const json::Value& info) {
  if (has_text(info, {"backing-filename"}) || has_text(info, {"full-backing-filename"})) {
    throw Error("The image names a backing file, which is not allowed.");
  }
  if (has_text(info, {"format-specific", "data", "data-file"})) {
    throw Error("The image names a data file, which is not allowed.");
  }
  const auto* encrypted = info.at({"encrypted"});
  if (encrypted != nullptr && encrypted->boolean() != nullptr && *encrypted->boolean()) {
    throw Error("The image is encrypted, which is not supported.");
  }
}

json::Value info_of(const std::string& path, const std::string& format, bool in_use) {
  std::vector<std::string> arguments = {"info", "--output=json", "-f", format};
  if (in_use) arguments.emplace_back("-U");
  arguments.push_back(path);
  auto info = json::parse(run_qemu_img("The image could not be read", arguments));
  if (!info) throw Error("The image could not be read: qemu-img gave no JSON.");
  return *std::move(info);
}

std::int64_t virtual_bytes(const json::Value& info) {
  const auto* size = info.at({"virtual-size"});
  if (size == nullptr || size->integer() == nullptr || *size->integer() < 0) {
    throw Error("The image could not be read: it has no size.");
  }
  return *size->integer();
}

}  // namespace

std::string run_qemu_img(const std::string& what, const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {"qemu-img"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  auto end = run_process(argv, kLimits);
  if (!end) throw Error(fmt::format("{}: {}.", what, end.reason()));
  if (!end->ok()) throw Error(fmt::format("{}: {}.", what, end->reason()));
  return std::move(end->out);
}

ImageInfo inspect_image(const std::string& path, const std::string& format) {
  if (format != "qcow2" && format != "raw") {
    throw Error(fmt::format("Images of format {} cannot be booted.", format));
  }
  const json::Value info = info_of(path, format, false);
  refuse_references(info);
  return {format, virtual_bytes(info)};
}

std::int64_t disk_virtual_bytes(const std::string& path) {
  return virtual_bytes(info_of(path, "qcow2", true));
}

}  // namespace haneul::virt
