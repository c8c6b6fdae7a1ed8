#include "base/id.h"

#include <array>
#include <cerrno>
#include <ctime>
#include <random>
#include <stdexcept>

#include <fmt/format.h>
#include <sys/random.h>

#include "base/text.h"

namespace haneul {
namespace {

// One kernel call per 4 KiB of random bytes instead of one per id.
void fill_random(unsigned char* out, std::size_t count) {
  thread_local std::array<unsigned char, 4096> pool;
  thread_local std::size_t used = pool.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (used == pool.size()) {
      for (std::size_t got = 0; got < pool.size();) {
        const auto n = getrandom(pool.data() + got, pool.size() - got, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw std::runtime_error("the kernel gives no random bytes");
        got += static_cast<std::size_t>(n);
      }
      used = 0;
    }
    out[i] = pool[used];
    pool[used++] = 0;
  }
}

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  fill_random(reinterpret_cast<unsigned char*>(out.data()), count);
  return out;
}

std::string new_hex_id() {
  std::string bytes = random_bytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  return to_hex(bytes);
}

// The first byte moves on with the time, every two seconds and around in nine minutes: what is made
// together then stands together in every index, whose size no longer matters to who writes. The
// rest is random, also of the first eleven characters, which devices are named by (tap6b8c…), as
// upstream names them.
std::string new_uuid() {
  std::string id = new_hex_id();
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  id.replace(0, 2, fmt::format("{:02x}", (now.tv_sec / 2) & 0xff));
  for (const std::size_t at : {8, 13, 18, 23}) id.insert(at, 1, '-');
  return id;
}

bool is_uuid_like(std::string_view text) {
  if (text.size() == 36) {
    for (const std::size_t at : {8, 13, 18, 23}) {
      if (text[at] != '-') return false;
    }
  } else if (text.size() != 32) {
    return false;
  }
  std::size_t digits = 0;
  for (const char c : text) {
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!hex && c != '-') return false;
    digits += hex ? 1 : 0;
  }
  return digits == 32;
}

std::string random_password(std::size_t length) {
  static constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string out;
  while (out.size() < length) {
    for (const char c : random_bytes(length)) {
      const auto value = static_cast<unsigned char>(c);
      // 248 is the largest multiple of 62 in a byte: above it letters would not be equally likely.
      if (value < 248 && out.size() < length) out.push_back(kLetters[value % kLetters.size()]);
    }
  }
  return out;
}

std::size_t random_below(std::size_t bound) {
  thread_local std::minstd_rand engine{std::random_device{}()};
  return bound == 0 ? 0 : std::uniform_int_distribution<std::size_t>(0, bound - 1)(engine);
}

}  // namespace haneul
