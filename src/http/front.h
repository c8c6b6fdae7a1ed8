#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/pool.h"
#include "http/message.h"
#include "http/server.h"
#include "http/tls.h"

namespace haneul::http {

// What every connection needs to know of the listening socket it came through.
struct Origin {
  std::string label;
  std::shared_ptr<const TlsContext> tls;  // null without TLS
  bool is_logged = true;                  // what is asked there has lines in the log
  std::atomic<bool> retired{false};       // connections end after their request
};

// What all connections of a server share. Threads: any.
struct Front {
  Front(const ServerOptions& o, Handler& h, const Clock& c) : options(o), handler(h), clock(c) {}

  const ServerOptions options;
  Handler& handler;
  const Clock& clock;
  std::unique_ptr<Pool> api, bulk, slow;  // there while the server runs

  std::atomic<bool> stopping{false};  // connections end after their request
  std::atomic<bool> aborting{false};  // nobody waits for a socket any more

  std::atomic<std::uint64_t> connections_open{0}, connections_total{0}, requests_total{0};
  std::atomic<std::uint64_t> refused_busy_total{0}, bytes_in_total{0}, bytes_out_total{0};

  void connection_opened() {
    ++connections_open;
    ++connections_total;
  }
  void connection_closed() {
    if (--connections_open > 0) return;
    const std::lock_guard lock(mutex);
    none_open.notify_all();
  }
  std::mutex mutex;
  std::condition_variable none_open;
};

}  // namespace haneul::http
