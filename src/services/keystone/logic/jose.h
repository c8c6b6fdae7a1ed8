#pragma once
#include <optional>
#include <string>
#include <string_view>

// What everything signed in JSON has in common (RFC 7515, 7518).
namespace haneul::keystone {

// base64url without padding.
std::string base64url_unpadded(std::string_view bytes);
// Its bytes, if this is the one way to write them: no padding, no other alphabet.
std::optional<std::string> base64url_strict(std::string_view text);

// ES256 has r and s side by side, 32 bytes each; OpenSSL has them in DER. Nothing for another size.
std::optional<std::string> es256_to_der(std::string_view flat);

}  // namespace haneul::keystone
