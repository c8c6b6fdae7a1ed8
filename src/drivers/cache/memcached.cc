#include <mutex>
#include <stdexcept>

#include <fmt/format.h>
#include <libmemcached/memcached.h>

#include "base/log.h"
#include "base/text.h"
#include "drivers/cache/breaker.h"
#include "drivers/cache/cache.h"

namespace haneul::cache {
namespace {

constexpr std::int64_t kStandardPort = 11'211;
constexpr std::size_t kIdleMax = 16;
// To connect, to send and to receive: together no more than kCallTimeMax.
constexpr std::uint64_t kConnectMs = 15, kPollMs = 15;
constexpr std::uint64_t kSocketMicros = 15'000;

struct Address {
  std::string host;
  std::uint16_t port;
};

// upstream: openstack/oslo.cache:oslo_cache/backends/memcache_pool.py, python-memcached
Address parse(const std::string& text) {
  std::string_view rest = text;
  if (rest.starts_with("inet6:")) rest.remove_prefix(6);
  const bool is_v6 = rest.starts_with('[');
  const auto end = is_v6 ? rest.find(']') : std::min(rest.find(':'), rest.size());
  if (end == std::string_view::npos) throw std::runtime_error("no cache can be at " + text);
  Address address{std::string(rest.substr(is_v6, end - is_v6)), kStandardPort};
  rest.remove_prefix(is_v6 ? end + 1 : end);
  const bool has_port = rest.starts_with(':');
  const auto port = has_port ? parse_int(rest.substr(1)).value_or(0) : kStandardPort;
  if (address.host.empty() || has_port == rest.empty() || port < 1 || port > 65'535) {
    throw std::runtime_error("no cache can be at " + text);
  }
  address.port = static_cast<std::uint16_t>(port);
  return address;
}

struct Free {
  void operator()(memcached_st* handle) const { memcached_free(handle); }
};
using Handle = std::unique_ptr<memcached_st, Free>;

bool is_answer(memcached_return_t code) {
  return code == MEMCACHED_SUCCESS || code == MEMCACHED_NOTFOUND || code == MEMCACHED_NOTSTORED ||
         code == MEMCACHED_E2BIG || code == MEMCACHED_SERVER_MEMORY_ALLOCATION_FAILURE;
}

// One of the servers. A connection is one caller's at a time; one that failed is closed, so that
// no late answer is taken for another question's.
class Server {
 public:
  Server(Address address, const MemcachedOptions& options, const Clock& clock)
      : address_(std::move(address)), clock_(clock), breaker_(clock, options.dead_for) {}

  // `call` gives what libmemcached returned.
  template <class F>
  void with(F call) {
    if (!breaker_.lets()) return;
    Handle handle = take();
    const Duration begun = clock_.steady();
    memcached_return_t code = call(handle.get());
    // It may send byte by byte, each of them in time: that, too, is no way to serve.
    if (clock_.steady() - begun > kCallTimeMax) code = MEMCACHED_TIMEOUT;
    if (is_answer(code)) {
      give_back(std::move(handle));
      if (breaker_.succeeded()) log::info("a cache answers again", {{"server", address_.host}});
      return;
    }
    handle.reset();
    if (!breaker_.failed()) return;
    log::warning("a cache does not answer", {{"server", address_.host},
                                             {"port", std::int64_t{address_.port}},
                                             {"why", memcached_strerror(nullptr, code)}});
  }

 private:
  Handle take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        Handle handle = std::move(idle_.back());
        idle_.pop_back();
        return handle;
      }
    }
    Handle handle(memcached_create(nullptr));
    if (!handle) throw std::bad_alloc();
    const auto set = [&](memcached_behavior_t what, std::uint64_t value) {
      memcached_behavior_set(handle.get(), what, value);
    };
    set(MEMCACHED_BEHAVIOR_NO_BLOCK, 1);
    set(MEMCACHED_BEHAVIOR_TCP_NODELAY, 1);
    set(MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, kConnectMs);
    set(MEMCACHED_BEHAVIOR_POLL_TIMEOUT, kPollMs);
    set(MEMCACHED_BEHAVIOR_SND_TIMEOUT, kSocketMicros);
    set(MEMCACHED_BEHAVIOR_RCV_TIMEOUT, kSocketMicros);
    set(MEMCACHED_BEHAVIOR_RETRY_TIMEOUT, 0);
    memcached_server_add(handle.get(), address_.host.c_str(), address_.port);
    return handle;
  }
  void give_back(Handle handle) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kIdleMax) idle_.push_back(std::move(handle));
  }

  const Address address_;
  const Clock& clock_;
  Breaker breaker_;
  std::mutex mutex_;
  std::vector<Handle> idle_;
};

class Memcached final : public Cache {
 public:
  Memcached(const MemcachedOptions& options, const Clock& clock) {
    for (const auto& text : options.servers) {
      servers_.push_back(std::make_unique<Server>(parse(text), options, clock));
    }
    if (servers_.empty()) throw std::runtime_error("a cache needs a server");
  }

  std::optional<std::string> get(const std::string& key) override {
    std::optional<std::string> found;
    server_of(key).with([&](memcached_st* handle) {
      std::size_t size = 0;
      std::uint32_t flags = 0;
      memcached_return_t code = MEMCACHED_SUCCESS;
      const std::unique_ptr<char, decltype(&::free)> bytes(
          memcached_get(handle, key.data(), key.size(), &size, &flags, &code), &::free);
      if (code == MEMCACHED_SUCCESS) found = bytes ? std::string(bytes.get(), size) : "";
      return code;
    });
    return found;
  }

  void put(const std::string& key, std::string_view value, std::chrono::seconds lifetime) override {
    if (value.size() > kValueBytesMax) return;
    server_of(key).with([&](memcached_st* handle) {
      return memcached_set(handle, key.data(), key.size(), value.data(), value.size(),
                           lifetime.count(), 0);
    });
  }

 private:
  // The same one in every process that knows them in the same order.
  Server& server_of(std::string_view key) {
    std::uint32_t hash = 0x811c9dc5;
    for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
    return *servers_[hash % servers_.size()];
  }
  std::vector<std::unique_ptr<Server>> servers_;
};

}  // namespace

std::unique_ptr<Cache> open_memcached(const MemcachedOptions& options, const Clock& clock) {
  return std::make_unique<Memcached>(options, clock);
}

}  // namespace haneul::cache
