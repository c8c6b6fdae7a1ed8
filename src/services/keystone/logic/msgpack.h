#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace haneul::keystone {

// As much of MessagePack as tokens need, in the shape Python's msgpack 1.x gives it: text and
// bytes are different, numbers take the fewest bytes.
class MsgpackWriter {
 public:
  MsgpackWriter& array(std::size_t items);
  MsgpackWriter& text(std::string_view utf8);
  MsgpackWriter& bytes(std::string_view raw);
  MsgpackWriter& integer(std::uint64_t n);
  MsgpackWriter& real(double n);
  MsgpackWriter& boolean(bool b);
  MsgpackWriter& nil();
  std::string take() { return std::move(out_); }

 private:
  void big_endian(std::uint64_t value, int bytes);
  void sized(unsigned char first8, std::string_view data);

  std::string out_;
};

// Reads one item after the other from bytes that may be anything at all. Each read answers nothing
// if the next item is of another type or is cut off; the position is then unspecified. What is
// read points into the buffer.
class MsgpackReader {
 public:
  explicit MsgpackReader(std::string_view data) : left_(data) {}

  std::optional<std::size_t> array();
  // Text or bytes: msgpack before 1.0 made no difference.
  std::optional<std::string_view> text();
  std::optional<std::uint64_t> integer();
  std::optional<double> real();  // or an integer
  std::optional<bool> boolean();
  // Takes a nil if one is next.
  bool nil();
  bool at_end() const { return left_.empty(); }

 private:
  int peek() const { return left_.empty() ? -1 : static_cast<unsigned char>(left_.front()); }
  std::optional<std::uint64_t> big_endian(std::size_t bytes);  // skips the type byte first
  std::optional<std::string_view> take(std::optional<std::uint64_t> count);

  std::string_view left_;
};

}  // namespace haneul::keystone
