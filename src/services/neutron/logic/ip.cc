#include "services/neutron/logic/ip.h"

#include <cstring>

#include <arpa/inet.h>

#include "base/text.h"

namespace haneul::neutron {
namespace {

Bits128 mask_of(int length, int width) {
  if (length == 0) return 0;
  const Bits128 ones = width == 32 ? Bits128(0xffffffffu) : ~Bits128(0);
  return length == width ? ones : ones ^ ((Bits128(1) << (width - length)) - 1);
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// inet_pton takes no leading zeros in dotted quads, which upstream refuses as well.
constexpr std::size_t kAddressCharsMax = 45;

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  if (text.empty() || text.size() > kAddressCharsMax) return std::nullopt;
  const std::string z(text);
  unsigned char bytes[16];
  const bool six = z.find(':') != std::string::npos;
  if (inet_pton(six ? AF_INET6 : AF_INET, z.c_str(), bytes) != 1) return std::nullopt;
  Address a{six ? 6 : 4, 0};
  for (int i = 0; i < (six ? 16 : 4); ++i) a.bits = (a.bits << 8) | bytes[i];
  return a;
}

std::string to_text(const Address& a) {
  unsigned char bytes[16];
  const int count = a.version == 4 ? 4 : 16;
  for (int i = 0; i < count; ++i) {
    bytes[i] = static_cast<unsigned char>(a.bits >> (8 * (count - 1 - i)));
  }
  char out[INET6_ADDRSTRLEN] = "";
  inet_ntop(a.version == 4 ? AF_INET : AF_INET6, bytes, out, sizeof out);
  return out;
}

std::string sort_key(const Address& a) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const int count = a.version == 4 ? 8 : 32;
  std::string out(static_cast<std::size_t>(count), '0');
  for (int i = 0; i < count; ++i) {
    out[static_cast<std::size_t>(i)] =
        kDigits[static_cast<unsigned>(a.bits >> (4 * (count - 1 - i))) & 0xf];
  }
  return out;
}

std::optional<Address> from_sort_key(std::string_view key) {
  if (key.size() != 8 && key.size() != 32) return std::nullopt;
  Address a{key.size() == 8 ? 4 : 6, 0};
  for (const char c : key) {
    if (hex_value(c) < 0) return std::nullopt;
    a.bits = (a.bits << 4) | static_cast<unsigned>(hex_value(c));
  }
  return a;
}

Address Prefix::first() const {
  return {address.version, address.bits & mask_of(length, width())};
}

Address Prefix::last() const {
  const Bits128 all = mask_of(width(), width());
  return {address.version, first().bits | (all ^ mask_of(length, width()))};
}

bool Prefix::contains(const Address& a) const {
  return a.version == address.version && first() <= a && a <= last();
}

bool Prefix::contains(const Prefix& other) const {
  return length <= other.length && contains(other.first());
}

bool Prefix::overlaps(const Prefix& other) const {
  return contains(other.first()) || other.contains(first());
}

Bits128 Prefix::size() const {
  const int host_bits = width() - length;
  return host_bits == 128 ? 0 : Bits128(1) << host_bits;
}

bool Prefix::is_loopback() const {
  if (address.version == 6) return first().bits == 1 && length == 128;
  return Prefix{{4, Bits128(0x7f000000u)}, 8}.contains(*this);
}

bool Prefix::is_multicast() const {
  if (address.version == 6) return Prefix{{6, Bits128(0xff) << 120}, 8}.contains(*this);
  return Prefix{{4, Bits128(0xe0000000u)}, 4}.contains(*this);
}

std::optional<Prefix> parse_prefix(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  Prefix p{*address, address->version == 4 ? 32 : 128};
  if (slash == std::string_view::npos) return p;
  const auto digits = text.substr(slash + 1);
  if (digits.empty() || digits.size() > 3) return std::nullopt;
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  p.length = static_cast<int>(*parse_int(digits));
  if (p.length > p.width()) return std::nullopt;
  return p;
}

std::string to_text(const Prefix& p) {
  return to_text(p.address) + "/" + std::to_string(p.length);
}

std::string network_text(const Prefix& p) {
  return to_text(Prefix{p.first(), p.length});
}

std::vector<Range> default_pools(const Prefix& cidr, const std::optional<Address>& gateway) {
  const Address lowest = cidr.first(), highest = cidr.last();
  const int version = cidr.address.version;
  if (lowest == highest) return {{lowest, highest}};
  const Address first = lowest.next();
  const Address last{version, highest.bits - (version == 4 ? 1 : 0)};
  if (first >= last) return {{lowest, highest}};
  if (!gateway || !Range{first, last}.contains(*gateway)) return {{first, last}};
  std::vector<Range> pools;
  if (*gateway != first) pools.push_back({first, {version, gateway->bits - 1}});
  if (*gateway != last) pools.push_back({gateway->next(), last});
  return pools;
}

bool is_valid_in_subnet(const Prefix& cidr, const Address& address, bool router_port) {
  if (!cidr.contains(address)) return false;
  if (cidr.width() - cidr.length <= 1) return true;
  if (address == cidr.first()) return address.version == 6 && router_port;
  return address.version == 6 || address != cidr.last();
}

bool is_bad_gateway(const Prefix& cidr, const Address& gateway) {
  if (!cidr.contains(gateway) || gateway.version != 4 || cidr.length > 30) return false;
  return gateway == cidr.first() || gateway == cidr.last();
}

std::optional<std::string> parse_mac(std::string_view text) {
  if (text.size() != 17) return std::nullopt;
  std::string out = lower(text);
  bool all_zero = true;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % 3 == 2) {
      if (out[i] != text[2] || (out[i] != ':' && out[i] != '-')) return std::nullopt;
    } else if (hex_value(out[i]) < 0) {
      return std::nullopt;
    } else if (out[i] != '0') {
      all_zero = false;
    }
  }
  for (std::size_t i = 2; i < out.size(); i += 3) out[i] = ':';
  if (all_zero) return std::nullopt;
  return out;
}

Address eui64(const Prefix& cidr, std::string_view mac) {
  Bits128 id = 0;
  int byte_index = 0;
  for (std::size_t i = 0; i + 1 < mac.size(); i += 3, ++byte_index) {
    unsigned byte = static_cast<unsigned>(hex_value(mac[i]) * 16 + hex_value(mac[i + 1]));
    if (byte_index == 0) byte ^= 2;
    id = (id << 8) | byte;
    if (byte_index == 2) id = (id << 16) | 0xfffe;
  }
  return {6, cidr.first().bits | id};
}

bool is_eui64(const Address& address) {
  return address.version == 6 && ((address.bits >> 24) & 0xffff) == 0xfffe;
}

}  // namespace haneul::neutron
