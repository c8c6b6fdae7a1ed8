#pragma once
#include <cstdint>
#include <string>

namespace haneul::glance {

struct ByteRange {
  std::uint64_t first = 0, length = 0;
};

struct RangeProblem {
  bool several = false;  // 400; the others are 416
  std::string words;
};

// The part of `size` bytes that a download asks for: all of it without headers.
class AskedRange {
 public:
  AskedRange(ByteRange range, bool partial) : good_(true), partial_(partial), range_(range) {}
  AskedRange(RangeProblem problem) : problem_(std::move(problem)) {}

  explicit operator bool() const { return good_; }
  bool is_partial() const { return partial_; }
  const ByteRange& range() const { return range_; }
  const RangeProblem& problem() const { return problem_; }

 private:
  bool good_ = false, partial_ = false;
  ByteRange range_;
  RangeProblem problem_;
};

// `range` is a Range header ("bytes=0-99", "bytes=-5"), `content_range` the Content-Range that old
// clients ask with ("bytes 0-99/*"); either may be null.
// upstream: openstack/glance:glance/common/wsgi.py get_range_from_request
AskedRange read_range(const std::string* range, const std::string* content_range,
                      std::uint64_t size);

}  // namespace haneul::glance
