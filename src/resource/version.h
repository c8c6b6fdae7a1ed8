#pragma once
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace haneul::resource {

// An API microversion. {0, 0} is "since ever", kForever "until ever".
struct Version {
  int major = 0, minor = 0;
  auto operator<=>(const Version&) const = default;
  std::string text() const { return std::to_string(major) + "." + std::to_string(minor); }
  // "2.93"; nothing else.
  static std::optional<Version> parse(std::string_view text);
};
inline constexpr Version kForever{1'000'000, 0};

}  // namespace haneul::resource
