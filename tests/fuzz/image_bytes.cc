// Feeds bytes to what looks into images and reads byte ranges: formats, VMDK descriptors, Range and
// Content-Range headers. Besides surviving, a range lies within its image, and how the bytes were
// cut on their way does not change what they are.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "base/fault.h"
#include "json/value.h"
#include "services/glance/logic/byte_range.h"
#include "services/glance/logic/format_inspector.h"
#include "services/glance/logic/json_patch.h"

namespace {

using namespace haneul;

void promise(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken promise: " << what << "\n";
  std::abort();
}

glance::StreamWindow window_of(std::string_view bytes, std::size_t piece) {
  glance::StreamWindow window;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    window.feed(bytes.substr(0, piece));
  }
  return window;
}

void image(std::string_view bytes) {
  const auto whole = window_of(bytes, std::max<std::size_t>(bytes.size(), 1));
  const auto parts = window_of(bytes, 7);
  promise(whole.head() == parts.head() && whole.tail() == parts.tail(), "pieces do not matter");
  const auto matches = glance::inspect(whole);
  promise(!matches.empty(), "an image has a format");
  for (const auto& match : matches) {
    promise(match.virtual_size >= 0, "no image is smaller than nothing");
    (void)glance::check_format(whole, match.name, "bare", true);
  }
  for (const char* format : {"raw", "qcow2", "vmdk", "vhd", "vhdx", "vdi", "iso"}) {
    const auto size = glance::check_format(whole, format, "bare", true);
    promise(!size || *size >= 0, "a virtual size is not negative");
  }
}

// The first two bytes say how large the image is.
void range(std::string_view bytes, bool old) {
  if (bytes.size() < 2) return;
  const std::uint64_t size = static_cast<unsigned char>(bytes[0]) << 8 |  // NOLINT
                             static_cast<unsigned char>(bytes[1]);
  const std::string header(bytes.substr(2));
  const auto asked = glance::read_range(old ? nullptr : &header, old ? &header : nullptr, size);
  if (!asked) {
    return promise(asked.problem().several || !asked.problem().words.empty(), "a refusal says why");
  }
  const auto& got = asked.range();
  promise(got.first <= size && got.length <= size - got.first, "a range lies within the image");
  promise(!asked.is_partial() || got.length > 0, "a part is not empty");
}

void patch(std::string_view bytes) {
  const auto body = json::parse(bytes);
  if (!body) return;
  for (const auto draft : {glance::PatchDraft::four, glance::PatchDraft::ten}) {
    try {
      for (const auto& change : glance::parse_patch(*body, draft)) {
        promise(!change.path.empty(), "a change has a place");
      }
    } catch (const Fault&) {
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  const std::string_view rest = bytes.substr(1);
  switch (bytes.front() % 4) {
    case 0:
      image(rest);
      break;
    case 1:
      range(rest, false);
      break;
    case 2:
      range(rest, true);
      break;
    default:
      patch(rest);
  }
  return 0;
}
