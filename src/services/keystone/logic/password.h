#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace haneul::keystone {

enum class PasswordAlgorithm { bcrypt, bcrypt_sha256, scrypt, pbkdf2_sha512 };

// By its name in `[identity] password_hash_algorithm`.
std::optional<PasswordAlgorithm> password_algorithm(std::string_view name);

struct PasswordOptions {
  PasswordAlgorithm algorithm = PasswordAlgorithm::bcrypt;
  std::uint32_t rounds = 0;       // 0: 12 for both bcrypts, 16 for scrypt, 25,000 for pbkdf2
  std::size_t salt_bytes = 16;    // scrypt and pbkdf2; 0 to 96
  std::uint32_t block_size = 8;   // scrypt's r
  std::uint32_t parallelism = 1;  // scrypt's p
  std::size_t length_bytes_max = 4096;
};

// Passwords are cut here, as upstream does unless `strict_password_check` is set: the option, but
// 72 bytes where new passwords are hashed with bcrypt.
std::size_t password_bytes_max(const PasswordOptions& options);

// In the form upstream and passlib store. Takes a quarter of a second with the defaults. Nothing
// for what bcrypt cannot take, a NUL inside the password. Throws std::invalid_argument for options
// out of range: bcrypt rounds 4 to 31, scrypt within 1 GiB of memory, the others from 1.
// upstream: openstack/keystone:keystone/common/password_hashing.py, password_hashers/
std::optional<std::string> hash_password(std::string_view password,
                                         const PasswordOptions& options = {});

// Understands all algorithms whatever the options say, $2a$, $2b$, $2x$, $2y$ and both versions of
// bcrypt-sha256. False for hashes that are malformed, unknown or would need over 1 GiB of memory.
// Never throws for any hash or password.
bool verify_password(std::string_view password, std::string_view hash,
                     const PasswordOptions& options = {});

}  // namespace haneul::keystone
