#pragma once
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace haneul::cache {

inline constexpr std::size_t kKeyBytesMax = 200;           // printable ASCII without blanks
inline constexpr std::size_t kValueBytesMax = 256 * 1024;  // larger ones are not kept
// A call ends by then where a server is silent or gone. One that sends byte by byte can hold a call
// longer; it then counts as gone too.
inline constexpr std::chrono::milliseconds kCallTimeMax{50};

// Bytes by key, outside of this process and shared with others. It may have forgotten anything, and
// may hold anything: whoever asks must know what it put there by itself. One that is slow or gone
// has nothing and keeps nothing; nothing is thrown. Safe from any thread.
class Cache {
 public:
  virtual ~Cache() = default;
  virtual std::optional<std::string> get(const std::string& key) = 0;
  virtual void put(const std::string& key, std::string_view value,
                   std::chrono::seconds lifetime) = 0;
};

struct MemcachedOptions {
  std::vector<std::string> servers;  // host:port, [v6]:port, inet6:[v6]:port; ports may be left out
  Duration dead_for = std::chrono::seconds(10);  // before one that failed is tried again
};
// Does not connect. The clock must outlive it. Throws std::runtime_error with a sentence for
// servers that cannot be understood.
std::unique_ptr<Cache> open_memcached(const MemcachedOptions& options, const Clock& clock);

}  // namespace haneul::cache
