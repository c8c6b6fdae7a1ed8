#include "services/keystone/logic/totp.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "services/keystone/logic/digest.h"

namespace haneul::keystone {
namespace {

constexpr std::int64_t kStepSeconds = 30;
constexpr std::size_t kSecretBytesMin = 16;
constexpr std::size_t kDigits = 6;

int base32_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= '2' && c <= '7') return c - '2' + 26;
  return -1;
}

std::optional<std::string> base32_decode(std::string_view digits) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : digits) {
    const int digit = base32_digit(c);
    if (digit < 0) return std::nullopt;
    bits = (bits << 5 | static_cast<std::uint32_t>(digit)) & 0xfff;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  return bytes;
}

}  // namespace

std::optional<std::string> totp_secret(std::string_view base32) {
  const std::size_t whole = (base32.size() + 7) / 8 * 8;
  while (base32.ends_with('=')) base32.remove_suffix(1);
  constexpr std::size_t kPadding[] = {0, 1, 3, 4, 6};  // what whole bytes can leave
  const std::size_t padding = whole - base32.size();
  if (std::find(std::begin(kPadding), std::end(kPadding), padding) == std::end(kPadding)) {
    return std::nullopt;
  }
  auto bytes = base32_decode(base32);
  if (bytes && bytes->size() < kSecretBytesMin) bytes.reset();
  return bytes;
}

std::int64_t totp_step(Instant when) {
  return when.seconds() / kStepSeconds;
}

std::string totp_passcode(std::string_view secret, std::int64_t step) {
  std::string counter;
  for (int shift = 56; shift >= 0; shift -= 8) {
    counter += static_cast<char>(static_cast<std::uint64_t>(step) >> shift & 0xff);
  }
  const std::string mac = hmac_sha1(secret, counter);
  const auto* digest = reinterpret_cast<const unsigned char*>(mac.data());
  const std::size_t at = digest[mac.size() - 1] & 0xf;
  const std::uint32_t number = (static_cast<std::uint32_t>(digest[at] & 0x7f) << 24) |
                               (static_cast<std::uint32_t>(digest[at + 1]) << 16) |
                               (static_cast<std::uint32_t>(digest[at + 2]) << 8) |
                               static_cast<std::uint32_t>(digest[at + 3]);
  return fmt::format("{:06}", number % 1'000'000);
}

std::optional<std::int64_t> totp_step_of(std::string_view secret, std::string_view passcode,
                                         Instant now, std::int64_t previous) {
  if (passcode.size() != kDigits) return std::nullopt;
  std::optional<std::int64_t> found;
  const std::int64_t newest = totp_step(now);
  for (std::int64_t step = std::max<std::int64_t>(newest - previous, 0); step <= newest; ++step) {
    const std::string right = totp_passcode(secret, step);
    if (same_secret(right, passcode)) found = step;
  }
  return found;
}

}  // namespace haneul::keystone
