#include "drivers/virt/config_drive.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/process.h"
#include "base/text.h"
#include "drivers/virt/driver.h"

namespace haneul::virt {
namespace {

namespace fs = std::filesystem;

void check(const std::map<std::string, std::string>& files) {
  if (files.size() > kConfigDriveFilesMax) throw Error("The config drive has too many files.");
  std::size_t bytes = 0;
  for (const auto& [path, content] : files) {
    bytes += content.size();
    if (path.size() > 512 || path.find('\0') != std::string::npos) {
      throw Error("A file of the config drive has a name that is not allowed.");
    }
    for (const auto part : split(path, '/')) {
      if (part.empty() || part == "." || part == ".." || part.size() > 128) {
        throw Error("A file of the config drive has a name that is not allowed.");
      }
    }
  }
  if (bytes > kConfigDriveBytesMax) throw Error("The config drive is too large.");
}

void write_tree(const fs::path& tree, const std::map<std::string, std::string>& files) {
  fs::remove_all(tree);
  fs::create_directory(tree);
  fs::permissions(tree, fs::perms::owner_all);
  for (const auto& [path, content] : files) {
    const fs::path target = tree / path;
    fs::create_directories(target.parent_path());
    std::ofstream out(target, std::ios::binary);
    out << content;
    out.close();
    if (!out) throw Error("The config drive could not be written on this host.");
  }
}

// upstream: openstack/nova:nova/virt/configdrive.py (_make_iso9660)
void make_iso(const std::string& tree, const std::string& part) {
  const auto end = run_process({"genisoimage", "-o", part, "-ldots", "-allow-lowercase",
                                "-allow-multidot", "-l", "-publisher", "OpenStack Compute",
                                "-quiet", "-J", "-joliet-long", "-r", "-V", "config-2", tree},
                               {.time_max = std::chrono::minutes(1)});
  if (!end) throw Error(fmt::format("The config drive could not be made: {}.", end.reason()));
  if (!end->ok()) {
    throw Error(fmt::format("The config drive could not be made: {}.", end->reason()));
  }
}

}  // namespace

void write_config_drive_iso(const std::string& iso,
                            const std::map<std::string, std::string>& files) {
  check(files);
  const std::string tree = iso + ".tree";
  const std::string part = iso + ".part";
  try {
    write_tree(tree, files);
    make_iso(tree, part);
    ::chmod(part.c_str(), 0600);
    fs::rename(part, iso);
    fs::remove_all(tree);
  } catch (const fs::filesystem_error& e) {
    throw Error(
        fmt::format("The config drive could not be written on this host: {}.", e.code().message()));
  }
}

}  // namespace haneul::virt
