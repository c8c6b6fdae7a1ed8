#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace haneul::keystone {

// Passcodes of six digits that change every 30 seconds (RFC 6238 with SHA-1).
// upstream: openstack/keystone:keystone/auth/plugins/totp.py

// The bytes of a base32 secret, upper case, padding optional. Nothing for what is none, or has less
// than 128 bits.
std::optional<std::string> totp_secret(std::string_view base32);

// Which step of 30 seconds since 1970 `when` is in. It must not be before 1970.
std::int64_t totp_step(Instant when);
std::string totp_passcode(std::string_view secret, std::int64_t step);

// The newest step of now and `previous` before it that has this passcode. The comparison takes the
// same time for every passcode of six characters.
std::optional<std::int64_t> totp_step_of(std::string_view secret, std::string_view passcode,
                                         Instant now, std::int64_t previous);

}  // namespace haneul::keystone
