#include "services/keystone/logic/msgpack.h"

#include <bit>

namespace haneul::keystone {
namespace {

// First bytes of items, from the MessagePack specification.
constexpr int kNil = 0xc0, kFalse = 0xc2, kTrue = 0xc3, kBin8 = 0xc4, kFloat32 = 0xca,
              kFloat64 = 0xcb, kUint8 = 0xcc, kUint64 = 0xcf, kStr8 = 0xd9, kArray16 = 0xdc,
              kArray32 = 0xdd, kFixArray = 0x90, kFixStr = 0xa0;

}  // namespace

void MsgpackWriter::big_endian(std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out_ += static_cast<char>(value >> (8 * i) & 0xff);
}

// The 8, 16 and 32-bit forms of a length follow each other.
void MsgpackWriter::sized(unsigned char first8, std::string_view data) {
  const int power = data.size() < 0x100 ? 0 : data.size() < 0x10000 ? 1 : 2;
  out_ += static_cast<char>(first8 + power);
  big_endian(data.size(), 1 << power);
  out_ += data;
}

MsgpackWriter& MsgpackWriter::array(std::size_t items) {
  if (items < 16) {
    out_ += static_cast<char>(kFixArray | items);
  } else {
    out_ += static_cast<char>(items < 0x10000 ? kArray16 : kArray32);
    big_endian(items, items < 0x10000 ? 2 : 4);
  }
  return *this;
}

MsgpackWriter& MsgpackWriter::text(std::string_view utf8) {
  if (utf8.size() < 32) {
    out_ += static_cast<char>(kFixStr | utf8.size());
    out_ += utf8;
  } else {
    sized(kStr8, utf8);
  }
  return *this;
}

MsgpackWriter& MsgpackWriter::bytes(std::string_view raw) {
  sized(kBin8, raw);
  return *this;
}

MsgpackWriter& MsgpackWriter::integer(std::uint64_t n) {
  if (n < 0x80) {
    out_ += static_cast<char>(n);
    return *this;
  }
  const int power = n < 0x100 ? 0 : n < 0x10000 ? 1 : n < 0x100000000 ? 2 : 3;
  out_ += static_cast<char>(kUint8 + power);
  big_endian(n, 1 << power);
  return *this;
}

MsgpackWriter& MsgpackWriter::real(double n) {
  out_ += static_cast<char>(kFloat64);
  big_endian(std::bit_cast<std::uint64_t>(n), 8);
  return *this;
}

MsgpackWriter& MsgpackWriter::boolean(bool b) {
  out_ += static_cast<char>(b ? kTrue : kFalse);
  return *this;
}

MsgpackWriter& MsgpackWriter::nil() {
  out_ += static_cast<char>(kNil);
  return *this;
}

std::optional<std::uint64_t> MsgpackReader::big_endian(std::size_t bytes) {
  if (left_.size() < bytes + 1) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 1; i <= bytes; ++i) {
    value = value << 8 | static_cast<unsigned char>(left_[i]);
  }
  left_.remove_prefix(bytes + 1);
  return value;
}

std::optional<std::string_view> MsgpackReader::take(std::optional<std::uint64_t> count) {
  if (!count || *count > left_.size()) return std::nullopt;
  const std::string_view taken = left_.substr(0, *count);
  left_.remove_prefix(*count);
  return taken;
}

std::optional<std::size_t> MsgpackReader::array() {
  const int first = peek();
  std::optional<std::uint64_t> count;
  if (first >= kFixArray && first < kFixArray + 16) {
    count = static_cast<std::uint64_t>(first - kFixArray);
    left_.remove_prefix(1);
  } else if (first == kArray16 || first == kArray32) {
    count = big_endian(first == kArray16 ? 2 : 4);
  }
  // Every item takes a byte at least, so no count beyond that can be true.
  if (!count || *count > left_.size()) return std::nullopt;
  return *count;
}

std::optional<std::string_view> MsgpackReader::text() {
  const int first = peek();
  if (first >= kFixStr && first < kFixStr + 32) {
    left_.remove_prefix(1);
    return take(static_cast<std::uint64_t>(first - kFixStr));
  }
  if (first >= kStr8 && first < kStr8 + 3) return take(big_endian(1u << (first - kStr8)));
  if (first >= kBin8 && first < kBin8 + 3) return take(big_endian(1u << (first - kBin8)));
  return std::nullopt;
}

std::optional<std::uint64_t> MsgpackReader::integer() {
  const int first = peek();
  if (first >= 0 && first < 0x80) {
    left_.remove_prefix(1);
    return static_cast<std::uint64_t>(first);
  }
  if (first >= kUint8 && first <= kUint64) return big_endian(1u << (first - kUint8));
  return std::nullopt;
}

std::optional<double> MsgpackReader::real() {
  const int first = peek();
  if (first == kFloat64) {
    const auto bits = big_endian(8);
    return bits ? std::optional(std::bit_cast<double>(*bits)) : std::nullopt;
  }
  if (first == kFloat32) {
    const auto bits = big_endian(4);
    if (!bits) return std::nullopt;
    return std::bit_cast<float>(static_cast<std::uint32_t>(*bits));
  }
  const auto whole = integer();
  return whole ? std::optional(static_cast<double>(*whole)) : std::nullopt;
}

std::optional<bool> MsgpackReader::boolean() {
  const int first = peek();
  if (first != kTrue && first != kFalse) return std::nullopt;
  left_.remove_prefix(1);
  return first == kTrue;
}

bool MsgpackReader::nil() {
  if (peek() != kNil) return false;
  left_.remove_prefix(1);
  return true;
}

}  // namespace haneul::keystone
