#pragma once
#include <string>
#include <string_view>

namespace haneul::keystone {

// Raw bytes. Throw std::runtime_error if OpenSSL lacks the algorithm.
std::string sha256(std::string_view data);
std::string hmac_sha1(std::string_view key, std::string_view data);
std::string hmac_sha256(std::string_view key, std::string_view data);

// For secrets: how long it takes tells nothing but whether the lengths are the same.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace haneul::keystone
