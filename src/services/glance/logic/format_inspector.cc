#include "services/glance/logic/format_inspector.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "services/glance/logic/byte_view.h"
#include "services/glance/logic/vmdk.h"

namespace haneul::glance {
namespace {

constexpr std::size_t kSector = 512;
constexpr std::int64_t kSizeMax = INT64_MAX;

std::int64_t size_of(std::uint64_t n) {
  return n > static_cast<std::uint64_t>(kSizeMax) ? kSizeMax : static_cast<std::int64_t>(n);
}

// QEMU's docs/interop/qcow2.txt
namespace qcow {
constexpr std::uint64_t kKnownFeatures = 0xf;  // dirty, corrupt, data file, compression
constexpr std::uint64_t kDataFile = 4;
constexpr std::uint64_t kL1BytesMax = 32 * 1024 * 1024;  // as QEMU limits it
constexpr std::size_t kHeaderBytesV2 = 72, kHeaderBytesV3 = 104;
}  // namespace qcow

void check_qcow_geometry(const ByteView& b, FormatMatch& match) {
  const auto version = b.big(4, 4), cluster_bits = b.big(20, 4), l1_entries = b.big(36, 4);
  if (cluster_bits < 9 || cluster_bits > 21) {
    match.failed_checks.push_back(fmt::format("geometry: cluster_bits is {}", cluster_bits));
    return;
  }
  const std::uint64_t cluster = std::uint64_t{1} << cluster_bits;
  if (l1_entries * 8 > qcow::kL1BytesMax)
    match.failed_checks.emplace_back("geometry: huge L1 table");
  if (b.big(24, 8) > static_cast<std::uint64_t>(kSizeMax)) {
    match.failed_checks.emplace_back("geometry: huge disk");
  }
  const auto header = version == 3 ? b.big(100, 4) : qcow::kHeaderBytesV2;
  if (version == 3 && (header < qcow::kHeaderBytesV3 || header > cluster)) {
    match.failed_checks.push_back(fmt::format("geometry: a header of {} bytes", header));
  }
}

std::optional<FormatMatch> inspect_qcow2(const StreamWindow& w) {
  const ByteView b(w.head());
  if (w.size() < kSector || b.text(0, 4) != std::string_view("QFI\xfb", 4)) return std::nullopt;
  FormatMatch match{"qcow2", size_of(b.big(24, 8)), {}};
  const auto version = b.big(4, 4), features = b.big(72, 8);
  if (b.big(8, 8) != 0) match.failed_checks.emplace_back("backing_file: Image has a backing file");
  if (version != 2 && version != 3) {
    match.failed_checks.emplace_back("unknown_features: Unsupported qcow2 version");
  }
  if (version == 3 && (features & ~qcow::kKnownFeatures) != 0) {
    match.failed_checks.emplace_back("unknown_features: Unknown QCOW2 features found");
  }
  if (version == 3 && (features & qcow::kDataFile) != 0) {
    match.failed_checks.emplace_back("data_file: Image has data_file set");
  }
  check_qcow_geometry(b, match);
  return match;
}

std::optional<FormatMatch> inspect_qed(const StreamWindow& w) {
  if (w.size() < kSector || !w.head().starts_with(std::string_view("QED\0", 4))) {
    return std::nullopt;
  }
  return FormatMatch{"qed", 0, {"banned: This file format is not allowed"}};
}

std::optional<FormatMatch> inspect_vhd(const StreamWindow& w) {
  if (!w.head().starts_with("conectix")) return std::nullopt;
  const ByteView b(w.head());
  return FormatMatch{"vhd", w.size() < kSector ? 0 : size_of(b.big(40, 8)), {}};
}

// A GUID as it lies on the disk, compared by its little-endian first three parts.
bool is_guid(const ByteView& b, std::size_t at, std::uint32_t a, std::uint16_t c, std::uint16_t d,
             std::string_view rest) {
  return b.little(at, 4) == a && b.little(at + 4, 2) == c && b.little(at + 6, 2) == d &&
         b.text(at + 8, 8) == rest;
}

// The virtual disk size lies in the metadata region, which the region table at 192 KiB names.
std::int64_t vhdx_size(const ByteView& b) {
  constexpr std::size_t kTable = 192 * 1024, kEntries = 16, kEntry = 32, kItems = 32;
  if (b.little(kTable, 4) != 0x69676572 || b.little(kTable + 8, 4) > 2047) return 0;  // "regi"
  for (std::size_t i = 0; i < b.little(kTable + 8, 4); ++i) {
    const std::size_t entry = kTable + kEntries + i * kEntry;
    if (!is_guid(b, entry, 0x8b7ca206, 0x4790, 0x4b9a, "\xb8\xfe\x57\x5f\x05\x0f\x88\x6e"))
      continue;
    const auto region = b.little(entry + 16, 8);
    if (region > b.size() || b.text(region, 8) != "metadata") return 0;
    for (std::size_t k = 0; k < std::min<std::uint64_t>(b.little(region + 10, 2), 2047); ++k) {
      const std::size_t item = region + kItems + k * kEntry;
      if (is_guid(b, item, 0x2fa54224, 0xcd1b, 0x4876, "\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8")) {
        return size_of(b.little(region + b.little(item + 16, 4), 8));
      }
    }
  }
  return 0;
}

std::optional<FormatMatch> inspect_vhdx(const StreamWindow& w) {
  if (!w.head().starts_with("vhdxfile")) return std::nullopt;
  return FormatMatch{"vhdx", vhdx_size(ByteView(w.head())), {}};
}

std::optional<FormatMatch> inspect_vdi(const StreamWindow& w) {
  const ByteView b(w.head());
  if (w.size() < kSector || b.little(64, 4) != 0xbeda107f) return std::nullopt;
  return FormatMatch{"vdi", size_of(b.little(368, 8)), {}};
}

std::optional<FormatMatch> inspect_iso(const StreamWindow& w) {
  constexpr std::size_t kAt = 32 * 1024, kEnd = 34 * 1024;
  const ByteView b(w.head());
  const auto mark = b.text(kAt + 1, 5);
  const bool known = mark == "CD001" || mark == "NSR02" || mark == "NSR03";
  if (w.size() < kEnd || !known) return std::nullopt;
  const auto blocks = b.byte(kAt) == 1 ? b.little(kAt + 80, 4) * b.little(kAt + 128, 2) : 0;
  return FormatMatch{"iso", size_of(blocks), {}};
}

void check_partitions(const ByteView& b, FormatMatch& match) {
  constexpr std::size_t kTable = 446, kEntry = 16;
  std::vector<int> used;
  bool protective = false;
  for (int i = 0; i < 4; ++i) {
    const std::size_t at = kTable + static_cast<std::size_t>(i) * kEntry;
    const auto flag = b.byte(at), type = b.byte(at + 4);
    if (flag != 0 && flag != 0x80) {
      match.failed_checks.push_back(fmt::format("mbr: MBR PTE {} has invalid boot flag", i));
    }
    if (type != 0) used.push_back(i);
    if (type != 0xee) continue;
    protective = true;
    if (b.text(at + 1, 3) != std::string_view("\0\2\0", 3) || b.little(at + 8, 4) != 1) {
      match.failed_checks.emplace_back("mbr: GPT MBR has invalid start");
    }
  }
  if (protective && used != std::vector<int>{0}) {
    match.failed_checks.emplace_back("mbr: GPT MBR defines invalid extra partitions");
  }
  if (used.empty()) match.failed_checks.emplace_back("mbr: GPT MBR has no partitions defined");
}

std::optional<FormatMatch> inspect_gpt(const StreamWindow& w) {
  const ByteView b(w.head());
  const bool fat = b.byte(16) == 2 && b.byte(21) == 0xf8;
  if (w.size() < kSector || b.little(510, 2) != 0xaa55 || fat) return std::nullopt;
  FormatMatch match{"gpt", size_of(w.size()), {}};
  check_partitions(b, match);
  return match;
}

std::optional<FormatMatch> inspect_luks(const StreamWindow& w) {
  const ByteView b(w.head());
  if (b.text(0, 6) != std::string_view("LUKS\xba\xbe", 6)) return std::nullopt;
  const auto payload = b.big(104, 4) * kSector;
  FormatMatch match{"luks", w.size() > payload ? size_of(w.size() - payload) : 0, {}};
  if (b.big(6, 2) != 1) {
    match.failed_checks.push_back(
        fmt::format("version: LUKS version {} is not supported", b.big(6, 2)));
  }
  return match;
}

std::optional<FormatMatch> inspect_vmdk_stream(const StreamWindow& w) {
  auto found = inspect_vmdk(w.head(), w.tail());
  if (!found) return std::nullopt;
  return FormatMatch{"vmdk", found->virtual_size, std::move(found->failed_checks)};
}

bool is_inspectable(std::string_view format) {
  constexpr std::string_view kKnown[] = {"raw", "qcow2", "vhd", "vhdx", "vmdk",
                                         "vdi", "qed",   "iso", "gpt",  "luks"};
  return std::find(std::begin(kKnown), std::end(kKnown), format) != std::end(kKnown);
}

// The one format the data is of, or why that cannot be said.
Result<FormatMatch> the_format(const StreamWindow& window) {
  auto matches = inspect(window);
  if (matches.size() == 1) return std::move(matches.front());
  std::string names;
  for (auto& m : matches) {
    // Hybrid ISOs have a partition table as well: upstream takes them for what they are.
    if (matches.size() == 2 && m.name == "iso" &&
        (matches[0].name == "gpt" || matches[1].name == "gpt")) {
      return std::move(m);
    }
    names += (names.empty() ? "" : ",") + m.name;
  }
  return Failure{"Multiple formats detected: " + names};
}

}  // namespace

void StreamWindow::feed(std::string_view bytes) {
  size_ += bytes.size();
  if (head_.size() < kHeadBytesMax) {
    head_.append(bytes.substr(0, kHeadBytesMax - head_.size()));
  }
  if (bytes.size() >= kTailBytesMax) {
    tail_ = bytes.substr(bytes.size() - kTailBytesMax);
    return;
  }
  tail_.append(bytes);
  if (tail_.size() > kTailBytesMax) tail_.erase(0, tail_.size() - kTailBytesMax);
}

std::vector<FormatMatch> inspect(const StreamWindow& window) {
  std::vector<FormatMatch> matches;
  for (const auto inspector : {inspect_qcow2, inspect_vhd, inspect_vhdx, inspect_vmdk_stream,
                               inspect_vdi, inspect_qed, inspect_iso, inspect_gpt, inspect_luks}) {
    if (auto match = inspector(window)) matches.push_back(std::move(*match));
  }
  if (matches.empty()) matches.push_back({"raw", size_of(window.size()), {}});
  return matches;
}

Result<std::int64_t> check_format(const StreamWindow& window, std::string_view disk_format,
                                  std::string_view container_format, bool must_match) {
  if (container_format != "bare") return std::int64_t{0};
  const auto format = the_format(window);
  if (!format) {
    if (must_match) return Failure{format.reason()};
    return std::int64_t{0};
  }
  std::int64_t virtual_size = 0;
  if (format->name == disk_format) {
    virtual_size = format->virtual_size;
  } else if (disk_format == "raw") {
    virtual_size = size_of(window.size());
  } else if (format->name != "raw" || is_inspectable(disk_format)) {
    if (!must_match) return std::int64_t{0};
    return Failure{fmt::format("Image disk_format {} does not match stream data {}", disk_format,
                               format->name)};
  }
  // A partition table that looks odd is no danger: upstream's gpt_safety_checks_nonfatal.
  if (!format->failed_checks.empty() && format->name != "gpt") {
    return Failure{"Image failed safety checks"};
  }
  return virtual_size;
}

}  // namespace haneul::glance
