#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace haneul::glance {

struct VmdkFacts {
  std::int64_t virtual_size = 0;
  std::vector<std::string> failed_checks;
};

// A sparse VMDK, or a text descriptor alone; nothing if it is neither. `head` is the beginning of
// the file (a few MiB), `tail` its last 1,536 bytes.
// upstream: openstack/oslo.utils:oslo_utils/imageutils/format_inspector.py VMDKInspector
std::optional<VmdkFacts> inspect_vmdk(std::string_view head, std::string_view tail);

}  // namespace haneul::glance
