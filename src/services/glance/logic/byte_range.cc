#include "services/glance/logic/byte_range.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"

namespace haneul::glance {
namespace {

std::optional<std::uint64_t> digits(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  if (text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  return static_cast<std::uint64_t>(*parse_int(text));
}

RangeProblem bad_start(std::uint64_t size) {
  return {false, fmt::format("Invalid start position in Range header. Start position MUST be in "
                             "the inclusive range [0, {}].",
                             static_cast<std::int64_t>(size) - 1)};
}

AskedRange from_range(const std::string& header, std::uint64_t size) {
  if (header.find(',') != std::string::npos) return RangeProblem{true, ""};
  const std::string text = lower(trim(header));
  const auto dash = text.find('-');
  if (!text.starts_with("bytes=") || dash == std::string::npos) {
    return RangeProblem{false, "Invalid Range header."};
  }
  const auto first_text = trim(std::string_view(text).substr(6, dash - 6));
  const auto last_text = trim(std::string_view(text).substr(dash + 1));
  const auto first = digits(first_text), last = digits(last_text);
  if (first_text.empty() && last) {  // the last so many bytes; more than there are: all
    if (*last == 0 || size == 0) return RangeProblem{false, "Invalid Range header."};
    const auto length = std::min(*last, size);
    return AskedRange({size - length, length}, true);
  }
  if (!first || (!last_text.empty() && !last) || (last && *last < *first)) {
    return RangeProblem{false, "Invalid Range header."};
  }
  if (*first >= size) return bad_start(size);
  const auto end = last ? std::min(*last + 1, size) : size;
  return AskedRange({*first, end - *first}, true);
}

AskedRange from_content_range(const std::string& header, std::uint64_t size) {
  const RangeProblem invalid{false, "Invalid Content-Range header."};
  const std::string text = lower(trim(header));
  const auto dash = text.find('-'), slash = text.find('/');
  if (!text.starts_with("bytes ") || dash == std::string::npos || slash == std::string::npos ||
      slash < dash) {
    return invalid;
  }
  const auto first = digits(trim(std::string_view(text).substr(6, dash - 6)));
  const auto last = digits(trim(std::string_view(text).substr(dash + 1, slash - dash - 1)));
  if (!first || !last || *last < *first) return invalid;
  if (*last >= size) {
    return RangeProblem{false,
                        fmt::format("Invalid stop position in Content-Range header. The stop "
                                    "position MUST be in the inclusive range [0, {}].",
                                    static_cast<std::int64_t>(size) - 1)};
  }
  return AskedRange({*first, *last + 1 - *first}, true);
}

}  // namespace

AskedRange read_range(const std::string* range, const std::string* content_range,
                      std::uint64_t size) {
  if (range) return from_range(*range, size);
  if (content_range) return from_content_range(*content_range, size);
  return AskedRange({0, size}, false);
}

}  // namespace haneul::glance
