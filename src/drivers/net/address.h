#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace haneul::net {

// 4 or 6; nothing if the text is no address.
std::optional<int> ip_version(std::string_view address);
// Whether the network "10.0.0.0/24" holds the address; false for nonsense and mixed versions.
bool contains(std::string_view cidr, std::string_view address);
// "10.0.0.1" of "10.0.0.1/24".
std::string without_prefix(std::string_view address);
// The lowest address that a host may have in a network of IPv4: "10.0.0.1" of "10.0.0.0/24";
// nothing for what is no such network, or has bits set behind its prefix.
std::optional<std::string> first_host(std::string_view cidr);
// The 24 of "10.0.0.0/24"; nothing if there is none.
std::optional<int> prefix_length(std::string_view cidr);
// A MAC address of Neutron's range, always the same for the same text.
std::string mac_from(std::string_view text);

}  // namespace haneul::net
