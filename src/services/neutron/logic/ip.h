#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace haneul::neutron {

__extension__ typedef unsigned __int128 Bits128;

// An IPv4 or IPv6 address as a number.
struct Address {
  int version = 4;
  Bits128 bits = 0;

  bool operator==(const Address& o) const { return version == o.version && bits == o.bits; }
  std::strong_ordering operator<=>(const Address& o) const {
    if (version != o.version) return version <=> o.version;
    return bits < o.bits
               ? std::strong_ordering::less
               : (bits > o.bits ? std::strong_ordering::greater : std::strong_ordering::equal);
  }
  Address next() const { return {version, bits + 1}; }
};

// Dotted quads without leading zeros, or any RFC 4291 form. Nothing else.
std::optional<Address> parse_address(std::string_view text);
std::string to_text(const Address& address);
// Hexadecimal digits, 8 or 32 of them: text that sorts as the numbers do.
std::string sort_key(const Address& address);
std::optional<Address> from_sort_key(std::string_view key);

struct Prefix {
  Address address;  // host bits may be set
  int length = 0;

  int width() const { return address.version == 4 ? 32 : 128; }
  Address first() const;
  Address last() const;
  bool contains(const Address& a) const;
  bool contains(const Prefix& other) const;
  bool overlaps(const Prefix& other) const;
  Bits128 size() const;  // 0 stands for 2^128
  bool is_loopback() const;
  bool is_multicast() const;
};
// "10.0.0.0/24"; without a slash a single address.
std::optional<Prefix> parse_prefix(std::string_view text);
std::string to_text(const Prefix& prefix);       // as given, host bits and all
std::string network_text(const Prefix& prefix);  // host bits cleared

struct Range {
  Address first, last;
  bool contains(const Address& a) const { return first <= a && a <= last; }
  bool operator==(const Range&) const = default;
};
// All addresses a host may have, around the gateway.
// upstream: openstack/neutron:neutron/ipam/utils.py generate_pools
std::vector<Range> default_pools(const Prefix& cidr, const std::optional<Address>& gateway);
// May a port have this address? Router ports may have the first of an IPv6 subnet.
bool is_valid_in_subnet(const Prefix& cidr, const Address& address, bool router_port);
bool is_bad_gateway(const Prefix& cidr, const Address& gateway);

// "fa:16:3e:00:00:01", any case, also with dashes; nothing for all zeros or anything else.
// The result is in lower case with colons.
std::optional<std::string> parse_mac(std::string_view text);
// The interface's own address in a /64, from its MAC in canonical form.
Address eui64(const Prefix& cidr, std::string_view mac);
// Whether an IPv6 address was made from some MAC.
bool is_eui64(const Address& address);

}  // namespace haneul::neutron
