#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"

namespace haneul::glance {

// One operation of an image's PATCH.
struct ImageChange {
  enum class Op { add, remove, replace } op = Op::add;
  std::vector<std::string> path;  // decoded; one element, or more below "locations"
  json::Value value;              // not for remove
  bool strict_add = false;        // draft 4: adding what is there already is a conflict
};

// The two media types of an image's PATCH body; nothing for others.
enum class PatchDraft { four, ten };
bool patch_draft(std::string_view content_type, PatchDraft* draft);
inline constexpr std::string_view kPatchTypes =
    "application/openstack-images-v2.0-json-patch, application/openstack-images-v2.1-json-patch";

// Throws Fault in upstream's words.
// upstream: openstack/glance:glance/api/v2/images.py RequestDeserializer.update
std::vector<ImageChange> parse_patch(const json::Value& body, PatchDraft draft);

}  // namespace haneul::glance
