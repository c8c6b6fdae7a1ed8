#pragma once
#include <string>

// The host's side of a private cloud's external network.
namespace haneul::net {

// Addresses of `network` ("172.24.4.0/24") that leave by any link but `bridge` are replaced by the
// host's. Throws Error.
void masquerade(const std::string& table, const std::string& network, const std::string& bridge);
// Throws Error if a link other than `bridge` has an address of that IPv4 network.
void refuse_taken_network(const std::string& network, const std::string& bridge);
void remove_nft_table(const std::string& table);

}  // namespace haneul::net
