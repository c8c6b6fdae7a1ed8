#include "drivers/net/address.h"

#include <array>
#include <cstdint>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "base/text.h"

namespace haneul::net {
namespace {

struct Bits {
  int version = 4;
  std::array<unsigned char, 16> bytes{};

  int width() const { return version == 4 ? 32 : 128; }
};

std::optional<Bits> parse(std::string_view text) {
  const std::string address(text);
  Bits bits;
  if (::inet_pton(AF_INET, address.c_str(), bits.bytes.data()) == 1) return bits;
  bits.version = 6;
  if (::inet_pton(AF_INET6, address.c_str(), bits.bytes.data()) == 1) return bits;
  return std::nullopt;
}

}  // namespace

std::optional<int> ip_version(std::string_view address) {
  const auto bits = parse(address);
  if (!bits) return std::nullopt;
  return bits->version;
}

bool contains(std::string_view cidr, std::string_view address) {
  const auto network = parse(without_prefix(cidr));
  const auto one = parse(address);
  if (!network || !one || network->version != one->version) return false;
  const int length = prefix_length(cidr).value_or(network->width());
  if (length < 0 || length > network->width()) return false;
  const auto whole = static_cast<std::size_t>(length / 8);
  if (std::memcmp(network->bytes.data(), one->bytes.data(), whole) != 0) return false;
  const int rest = length % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<unsigned char>(0xff << (8 - rest));
  return ((network->bytes[whole] ^ one->bytes[whole]) & mask) == 0;
}

std::string without_prefix(std::string_view address) {
  return std::string(address.substr(0, address.find('/')));
}

std::optional<std::string> first_host(std::string_view cidr) {
  auto network = parse(without_prefix(cidr));
  const auto length = prefix_length(cidr);
  if (!network || network->version != 4 || !length || *length < 0 || *length > 30) return {};
  std::uint32_t bits = 0;
  std::memcpy(&bits, network->bytes.data(), sizeof(bits));
  bits = ntohl(bits);
  if (*length < 32 && (bits & (0xffffffffU >> *length)) != 0) return {};
  bits = htonl(bits + 1);
  std::memcpy(network->bytes.data(), &bits, sizeof(bits));
  char text[INET_ADDRSTRLEN];
  return ::inet_ntop(AF_INET, network->bytes.data(), text, sizeof(text));
}

std::optional<int> prefix_length(std::string_view cidr) {
  const auto slash = cidr.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto length = parse_int(cidr.substr(slash + 1));
  if (!length) return std::nullopt;
  return static_cast<int>(*length);
}

std::string mac_from(std::string_view text) {
  std::uint64_t sum = 0xcbf29ce484222325ULL;
  for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  sum ^= sum >> 32;
  return fmt::format("fa:16:3e:{:02x}:{:02x}:{:02x}", (sum >> 16) & 0xff, (sum >> 8) & 0xff,
                     sum & 0xff);
}

}  // namespace haneul::net
