#pragma once
#include <map>
#include <string>

namespace haneul::virt {

constexpr std::size_t kConfigDriveBytesMax = 64 * 1024 * 1024;
constexpr std::size_t kConfigDriveFilesMax = 1000;

// Writes `files` (path within the drive → content) as an ISO 9660 volume labelled config-2 with
// Rock Ridge and Joliet names to `iso`, whole or not at all; readable by its owner only. Uses
// `iso`.tree and `iso`.part meanwhile. Throws Error, also for a path that leaves the drive.
void write_config_drive_iso(const std::string& iso,
                            const std::map<std::string, std::string>& files);

}  // namespace haneul::virt
