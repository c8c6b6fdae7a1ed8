#include "services/keystone/logic/password.h"

#include <algorithm>
#include <array>
#include <climits>
#include <crypt.h>
#include <memory>
#include <stdexcept>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/id.h"
#include "base/text.h"
#include "services/keystone/logic/digest.h"

namespace haneul::keystone {
namespace {

constexpr std::size_t kBcryptBytesMax = 72, kBcryptHashBytes = 60;
constexpr std::size_t kBcryptSaltBytes = 22, kBcryptDigestBytes = 31;  // as text
constexpr std::size_t kScryptBytes = 32, kPbkdf2Bytes = 64, kSaltBytesMax = 96;
constexpr std::size_t kHashTextBytesMax = 512;
constexpr std::uint64_t kScryptMemoryBytesMax = 1024ull * 1024 * 1024;
constexpr std::string_view kBcryptSha256 = "$bcrypt-sha256$", kScrypt = "$scrypt$",
                           kPbkdf2 = "$pbkdf2-sha512$";

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Base64 without padding; passlib writes a dot for the plus.
std::string base64_short(std::string_view raw) {
  std::string text = base64_encode(raw);
  text.erase(std::min(text.size(), text.find('=')));
  return text;
}

std::optional<std::string> from_base64_short(std::string_view text) {
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '.', '+');
  return base64_decode(plain);
}

std::optional<std::uint32_t> number(std::string_view text) {
  const auto value = parse_int(text);
  if (!value || *value < 0 || *value > INT_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

// The 60 characters of $2b$12$…; nothing if the setting is malformed or the password has a NUL,
// where the C function would stop reading.
std::optional<std::string> bcrypt(std::string_view password, const std::string& setting) {
  if (password.find('\0') != password.npos) return std::nullopt;
  auto data = std::make_unique<crypt_data>();
  std::string phrase(password);
  const char* made = ::crypt_r(phrase.c_str(), setting.c_str(), data.get());
  std::optional<std::string> hash;
  if (made != nullptr && std::string_view(made).size() == kBcryptHashBytes) hash = made;
  OPENSSL_cleanse(data.get(), sizeof(*data));
  OPENSSL_cleanse(phrase.data(), phrase.size());
  return hash;
}

std::string bcrypt_setting(std::uint32_t rounds) {
  if (rounds < 4 || rounds > 31) throw std::invalid_argument("bcrypt rounds go from 4 to 31");
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> out{};
  const std::string random = random_bytes(16);
  if (!::crypt_gensalt_rn("$2b$", rounds, random.data(), static_cast<int>(random.size()),
                          out.data(), static_cast<int>(out.size()))) {
    throw std::runtime_error("libcrypt makes no bcrypt salt");
  }
  return out.data();
}

struct ScryptCost {
  std::uint32_t log_n, r, p;
  bool fits() const {
    if (log_n < 1 || log_n > 31 || r < 1 || p < 1) return false;
    const std::uint64_t blocks = (std::uint64_t{1} << log_n) + p + 2;
    return std::uint64_t{r} * p < (1u << 30) && blocks <= kScryptMemoryBytesMax / 128 / r;
  }
};

std::optional<std::string> scrypt(std::string_view password, std::string_view salt,
                                  ScryptCost cost) {
  std::string out(kScryptBytes, '\0');
  if (!cost.fits()) return std::nullopt;
  const int ok =
      EVP_PBE_scrypt(password.data(), password.size(), bytes(salt), salt.size(),
                     std::uint64_t{1} << cost.log_n, cost.r, cost.p, 2 * kScryptMemoryBytesMax,
                     reinterpret_cast<unsigned char*>(out.data()), out.size());
  return ok == 1 ? std::optional(out) : std::nullopt;
}

std::optional<std::string> pbkdf2(std::string_view password, std::string_view salt,
                                  std::uint32_t rounds) {
  std::string out(kPbkdf2Bytes, '\0');
  if (rounds == 0) return std::nullopt;
  const int ok =
      PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes(salt),
                        static_cast<int>(salt.size()), static_cast<int>(rounds), EVP_sha512(),
                        static_cast<int>(out.size()), reinterpret_cast<unsigned char*>(out.data()));
  return ok == 1 ? std::optional(out) : std::nullopt;
}

bool verify_bcrypt(std::string_view password, std::string_view hash) {
  if (hash.size() != kBcryptHashBytes) return false;
  const auto made = bcrypt(password, std::string(hash));
  return made && same_secret(*made, hash);
}

// $bcrypt-sha256$v=2,t=2b,r=12$salt$digest, or in version 1 …$2b,12$….
bool verify_bcrypt_sha256(std::string_view password, std::string_view rest) {
  const auto parts = split(rest, '$');
  if (parts.size() != 3 || parts[1].size() != kBcryptSaltBytes) return false;
  const auto settings = split(parts[0], ',');
  const bool first = settings.size() == 2 && settings[0].find('=') == std::string_view::npos;
  std::string_view type = first ? settings[0] : "", rounds = first ? settings[1] : "";
  for (const std::string_view setting : settings) {
    if (setting.starts_with("t=")) type = setting.substr(2);
    if (setting.starts_with("r=")) rounds = setting.substr(2);
  }
  const auto cost = number(rounds);
  if (!cost || *cost > 31 || (type != "2b" && type != "2a")) return false;
  const std::string inner =
      base64_encode(first ? sha256(password) : hmac_sha256(parts[1], password));
  const std::string hash = "$" + std::string(type) + (*cost < 10 ? "$0" : "$") +
                           std::to_string(*cost) + "$" + std::string(parts[1]) +
                           std::string(parts[2]);
  return verify_bcrypt(inner, hash);
}

bool verify_scrypt(std::string_view password, std::string_view rest) {
  const auto parts = split(rest, '$');
  if (parts.size() != 3) return false;
  ScryptCost cost{};
  for (const std::string_view setting : split(parts[0], ',')) {
    if (setting.starts_with("ln=")) cost.log_n = number(setting.substr(3)).value_or(0);
    if (setting.starts_with("r=")) cost.r = number(setting.substr(2)).value_or(0);
    if (setting.starts_with("p=")) cost.p = number(setting.substr(2)).value_or(0);
  }
  const auto salt = from_base64_short(parts[1]), expected = from_base64_short(parts[2]);
  if (!salt || !expected) return false;
  const auto made = scrypt(password, *salt, cost);
  return made && same_secret(*made, *expected);
}

bool verify_pbkdf2(std::string_view password, std::string_view rest) {
  const auto parts = split(rest, '$');
  if (parts.size() != 3) return false;
  const auto rounds = number(parts[0]);
  const auto salt = from_base64_short(parts[1]), expected = from_base64_short(parts[2]);
  if (!rounds || !salt || !expected) return false;
  const auto made = pbkdf2(password, *salt, *rounds);
  return made && same_secret(*made, *expected);
}

std::optional<std::string> hash_bcrypt_sha256(std::string_view password, std::uint32_t rounds) {
  const std::string setting = bcrypt_setting(rounds);
  const std::string salt = setting.substr(setting.size() - kBcryptSaltBytes);
  const auto hash = bcrypt(base64_encode(hmac_sha256(salt, password)), setting);
  if (!hash) throw std::runtime_error("libcrypt makes no bcrypt hash");
  return std::string(kBcryptSha256) + "v=2,t=2b,r=" + std::to_string(rounds) + "$" + salt + "$" +
         hash->substr(hash->size() - kBcryptDigestBytes);
}

std::string hash_scrypt(std::string_view password, ScryptCost cost, const std::string& salt) {
  const auto made = scrypt(password, salt, cost);
  if (!made) throw std::invalid_argument("scrypt's cost is out of range");
  return std::string(kScrypt) + "ln=" + std::to_string(cost.log_n) +
         ",r=" + std::to_string(cost.r) + ",p=" + std::to_string(cost.p) + "$" +
         base64_short(salt) + "$" + base64_short(*made);
}

std::string hash_pbkdf2(std::string_view password, std::uint32_t rounds, const std::string& salt) {
  const auto made = rounds <= INT_MAX ? pbkdf2(password, salt, rounds) : std::nullopt;
  if (!made) throw std::invalid_argument("pbkdf2's rounds are out of range");
  return std::string(kPbkdf2) + std::to_string(rounds) + "$" + base64_short(salt) + "$" +
         base64_short(*made);
}

}  // namespace

std::optional<PasswordAlgorithm> password_algorithm(std::string_view name) {
  if (name == "bcrypt") return PasswordAlgorithm::bcrypt;
  if (name == "bcrypt_sha256") return PasswordAlgorithm::bcrypt_sha256;
  if (name == "scrypt") return PasswordAlgorithm::scrypt;
  if (name == "pbkdf2_sha512") return PasswordAlgorithm::pbkdf2_sha512;
  return std::nullopt;
}

std::size_t password_bytes_max(const PasswordOptions& options) {
  if (options.algorithm != PasswordAlgorithm::bcrypt) return options.length_bytes_max;
  return std::min(options.length_bytes_max, kBcryptBytesMax);
}

std::optional<std::string> hash_password(std::string_view password,
                                         const PasswordOptions& options) {
  password = password.substr(0, password_bytes_max(options));
  if (options.salt_bytes > kSaltBytesMax) throw std::invalid_argument("salt over 96 bytes");
  const auto rounds = [&](std::uint32_t usual) { return options.rounds ? options.rounds : usual; };
  switch (options.algorithm) {
    case PasswordAlgorithm::bcrypt:
      return bcrypt(password, bcrypt_setting(rounds(12)));
    case PasswordAlgorithm::bcrypt_sha256:
      return hash_bcrypt_sha256(password, rounds(12));
    case PasswordAlgorithm::scrypt:
      return hash_scrypt(password, {rounds(16), options.block_size, options.parallelism},
                         random_bytes(options.salt_bytes));
    case PasswordAlgorithm::pbkdf2_sha512:
      return hash_pbkdf2(password, rounds(25'000), random_bytes(options.salt_bytes));
  }
  return std::nullopt;
}

bool verify_password(std::string_view password, std::string_view hash,
                     const PasswordOptions& options) {
  password = password.substr(0, password_bytes_max(options));
  if (hash.size() > kHashTextBytesMax || hash.find('\0') != hash.npos) return false;
  const auto after = [&](std::string_view prefix) { return hash.substr(prefix.size()); };
  if (hash.starts_with(kBcryptSha256)) return verify_bcrypt_sha256(password, after(kBcryptSha256));
  if (hash.starts_with(kScrypt)) return verify_scrypt(password, after(kScrypt));
  if (hash.starts_with(kPbkdf2)) return verify_pbkdf2(password, after(kPbkdf2));
  if (hash.starts_with("$2") && hash.size() > 3 && hash[3] == '$') {
    return verify_bcrypt(password, hash);
  }
  return false;
}

}  // namespace haneul::keystone
