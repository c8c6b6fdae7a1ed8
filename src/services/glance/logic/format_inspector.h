#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace haneul::glance {

// What of a stream is kept to tell its format: the first bytes and the last ones.
class StreamWindow {
 public:
  static constexpr std::size_t kHeadBytesMax = 4 * 1024 * 1024;
  static constexpr std::size_t kTailBytesMax = 1536;

  void feed(std::string_view bytes);
  std::string_view head() const { return head_; }
  std::string_view tail() const { return tail_; }
  std::uint64_t size() const { return size_; }

 private:
  std::string head_, tail_;
  std::uint64_t size_ = 0;
};

// What one format's inspection found.
struct FormatMatch {
  std::string name;  // "qcow2"
  std::int64_t virtual_size = 0;
  std::vector<std::string> failed_checks;  // "backing_file: Image has a backing file"
};

// Every format whose signature the stream bears; "raw" alone if none does.
// upstream: openstack/oslo.utils:oslo_utils/imageutils/format_inspector.py
std::vector<FormatMatch> inspect(const StreamWindow& window);

// Whether data of an image may be what its formats say, and its virtual size (0: unknown). Only
// container format "bare" is looked into. A failure is upstream's sentence.
// upstream: openstack/glance:glance/location.py set_data
Result<std::int64_t> check_format(const StreamWindow& window, std::string_view disk_format,
                                  std::string_view container_format, bool must_match);

}  // namespace haneul::glance
