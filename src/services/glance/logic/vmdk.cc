#include "services/glance/logic/vmdk.h"

#include <algorithm>

#include "base/text.h"
#include "services/glance/logic/byte_view.h"

namespace haneul::glance {
namespace {

constexpr std::size_t kSector = 512, kDescriptorBytesMax = (1 << 20) - 1;
constexpr std::uint64_t kAtEnd = UINT64_MAX;

struct SparseHeader {
  explicit SparseHeader(const ByteView& b, std::size_t at = 0)
      : magic(b.text(at, 4)),
        version(b.little(at + 4, 4)),
        sectors(b.little(at + 12, 8)),
        descriptor(b.little(at + 28, 8)),
        descriptor_sectors(b.little(at + 36, 8)),
        directory(b.little(at + 56, 8)) {}
  std::string_view magic;
  std::uint64_t version, sectors, descriptor, descriptor_sectors, directory;
};

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= ' ' && c < 0x7f) || c == '\n' || c == '\r' || c == '\t' || c == '\v' || c == '\f';
  });
}

// The text up to its first zero, in lower case; empty if it is no ASCII.
std::string descriptor_text(std::string_view bytes) {
  bytes = bytes.substr(0, kDescriptorBytesMax);
  bytes = bytes.substr(0, bytes.find('\0'));
  const bool ascii = std::all_of(bytes.begin(), bytes.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return ascii ? lower(bytes) : std::string();
}

std::string create_type(std::string_view descriptor) {
  constexpr std::string_view kKey = "createtype=\"";
  const auto at = descriptor.find(kKey);
  if (at == std::string_view::npos) return {};
  const auto rest = descriptor.substr(at + kKey.size());
  const auto end = rest.find('"');
  return end < 64 ? std::string(rest.substr(0, end)) : std::string();
}

void check_descriptor(std::string_view text, std::string_view type, VmdkFacts& facts) {
  const auto fail = [&](std::string_view why) {
    facts.failed_checks.push_back("descriptor: " + std::string(why));
  };
  if (text.empty()) return fail("No descriptor found");
  if (type != "monolithicsparse" && type != "streamoptimized") return fail("Unsupported subformat");
  bool extents = false;
  for (const auto raw : split(text, '\n')) {
    const auto line = trim(raw);
    const auto word = line.substr(0, line.find(' '));
    const auto equals = line.find('=');
    if (line.empty() || line.front() == '#' || line.starts_with("ddb")) continue;
    if (equals != std::string_view::npos &&
        line.substr(0, equals).find(' ') == std::string_view::npos) {
      continue;
    }
    if (word != "rw" && word != "rdonly" && word != "noaccess") {
      return fail("Invalid VMDK descriptor data");
    }
    extents = true;
    if (line.find('/') != std::string_view::npos) return fail("Invalid extent filenames found");
  }
  if (!extents) fail("No extents found");
}

void check_footer(const SparseHeader& header, std::string_view tail, VmdkFacts& facts) {
  const auto fail = [&](std::string_view why) {
    facts.failed_checks.push_back("footer: " + std::string(why));
  };
  const ByteView b(tail);
  if (tail.size() < 3 * kSector) return fail("There is none");
  const SparseHeader footer(b, kSector);
  if (footer.magic != header.magic || footer.version != header.version) {
    return fail("Header and footer do not match");
  }
  if (footer.descriptor != header.descriptor ||
      footer.descriptor_sectors != header.descriptor_sectors) {
    return fail("Footer specifies a different descriptor than header");
  }
  if (footer.directory == kAtEnd) return fail("Footer indicates another footer");
  const std::string pad(496, '\0');
  if (b.little(8, 4) != 0 || b.little(12, 4) != 3 || b.text(16, 496) != pad) {
    return fail("Footer marker is invalid");
  }
  const std::size_t end = 2 * kSector;
  if (b.little(end, 8) != 0 || b.little(end + 8, 8) != 0 || b.text(end + 16, 496) != pad) {
    fail("End-of-stream marker is invalid");
  }
}

}  // namespace

std::optional<VmdkFacts> inspect_vmdk(std::string_view head, std::string_view tail) {
  const ByteView b(head);
  VmdkFacts facts;
  if (b.text(0, 4) != "KDMV") {
    if (head.size() < 4 || !is_printable(head.substr(0, kSector))) return std::nullopt;
    const auto text = descriptor_text(head);
    const auto type = create_type(text);
    if (type.empty()) return std::nullopt;
    check_descriptor(text, type, facts);
    return facts;
  }
  const SparseHeader header(b);
  if (header.version < 1 || header.version > 3 || header.descriptor * kSector != kSector) {
    facts.failed_checks.emplace_back("descriptor: Wrong version or descriptor location");
    return facts;
  }
  const auto bytes =
      std::min<std::uint64_t>(header.descriptor_sectors, kDescriptorBytesMax) * kSector;
  const auto text =
      descriptor_text(b.text(kSector, std::min<std::size_t>(bytes, kDescriptorBytesMax)));
  const auto type = create_type(text);
  check_descriptor(text, type, facts);
  if (header.directory == kAtEnd) check_footer(header, tail, facts);
  if (facts.failed_checks.empty() && header.sectors < (std::uint64_t{1} << 53)) {
    facts.virtual_size = static_cast<std::int64_t>(header.sectors * kSector);
  }
  return facts;
}

}  // namespace haneul::glance
