#pragma once
#include <cstdint>
#include <string_view>

namespace haneul::glance {

// Numbers at places of untrusted bytes: 0 where there are none.
class ByteView {
 public:
  explicit ByteView(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t big(std::size_t at, std::size_t width) const {
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < width; ++i) n = n << 8 | byte(at + i);
    return n;
  }
  std::uint64_t little(std::size_t at, std::size_t width) const {
    std::uint64_t n = 0;
    for (std::size_t i = width; i-- > 0;) n = n << 8 | byte(at + i);
    return n;
  }
  std::string_view text(std::size_t at, std::size_t width) const {
    return at < bytes_.size() ? bytes_.substr(at, width) : std::string_view();
  }
  std::uint8_t byte(std::size_t at) const {
    return at < bytes_.size() ? static_cast<std::uint8_t>(bytes_[at]) : std::uint8_t{0};
  }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

}  // namespace haneul::glance
