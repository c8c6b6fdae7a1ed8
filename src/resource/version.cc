#include "resource/version.h"

#include "base/text.h"

namespace haneul::resource {

std::optional<Version> Version::parse(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != 2) return std::nullopt;
  for (const auto part : parts) {
    if (part.empty() || part.size() > 6) return std::nullopt;
    if (part.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    if (part.size() > 1 && part.front() == '0') return std::nullopt;
  }
  return Version{static_cast<int>(*parse_int(parts[0])), static_cast<int>(*parse_int(parts[1]))};
}

}  // namespace haneul::resource
