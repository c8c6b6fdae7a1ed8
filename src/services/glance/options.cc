#include "services/glance/glance.h"

namespace haneul::glance {
namespace {

using config::option;

constexpr auto kOptions = config::options(
    option<&Options::image_bytes_max>("image_size_cap")
        .range(1, 1e18)
        .help("Largest image, bytes."),
    option<&Options::project_bytes_max>("user_storage_quota")
        .range(0, 1e18)
        .help("Bytes of all images of a project; 0 is no limit."),
    option<&Options::free_bytes_min>("free_bytes_min")
        .range(0, 1e18)
        .help("Bytes that must be free on the disk when an upload begins."),
    option<&Options::properties_max>("image_property_quota")
        .range(0, 1e6)
        .help("Properties of an image."),
    option<&Options::tags_max>("image_tag_quota").range(0, 1e6).help("Tags of an image."),
    option<&Options::members_max>("image_member_quota").range(0, 1e6).help("Members of an image."),
    option<&Options::format_must_match>("require_image_format_match")
        .help("Refuse data that is not what disk_format says."));

}  // namespace

std::vector<config::Section> sections(Options& values) {
  return {{"glance", kOptions, &values}};
}

}  // namespace haneul::glance
