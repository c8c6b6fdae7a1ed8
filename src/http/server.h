#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/clock.h"
#include "http/fwd.h"

namespace haneul::http {

struct ServerOptions {
  std::size_t loop_threads = 1;
  std::size_t api_threads = 8;
  std::size_t api_queue_max = 1024;  // beyond: 503 with Retry-After
  std::size_t bulk_threads = 16;     // streamed requests and answers at one time
  std::size_t bulk_queue_max = 64;
  std::size_t slow_threads = 8;  // requests whose plan says slow, at one time
  std::size_t slow_queue_max = 256;
  std::size_t connections_max = 4096;  // beyond: an old idle one goes, or the new one
  std::size_t header_bytes_max = 64 * 1024;
  bool log_reads = false;  // a line for each; what changes something or fails has one anyway
  Duration idle_max = std::chrono::seconds(75);      // between requests
  Duration header_max = std::chrono::seconds(10);    // from first byte to the end of the head
  Duration body_gap_max = std::chrono::seconds(60);  // without a single byte moving
  Duration body_max = std::chrono::minutes(5);       // a body that is held in memory, in all
  Duration request_max = std::chrono::seconds(60);   // Request::deadline
};

// Says which address and port, and why.
struct CannotListen : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct ServerStats {
  std::uint64_t connections_open = 0, connections_total = 0, requests_total = 0;
  std::uint64_t refused_busy_total = 0, bytes_in_total = 0, bytes_out_total = 0;
  std::size_t api_queued = 0;
};

// HTTP/1.0 and 1.1 with keep-alive and pipelining-safe order, TLS, streamed bodies both ways,
// `Expect: 100-continue`. Answers carry Date and Content-Length (or are chunked); HEAD sends the
// head alone. Malformed input gets a short plain-text 400, never more.
class Server {
 public:
  // The handler and clock must outlive the server.
  Server(ServerOptions options, Handler& handler, const Clock& clock);
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  struct Tls {
    std::string certificate_path, key_path;  // PEM; the certificate file may hold a chain
    std::string client_authorities_path;     // whose certificates clients may bring; empty: none
  };
  // Binds before it returns, so that a port in use is known at once: throws CannotListen. Port 0
  // takes any. Returns the port. May be called many times, before and after start().
  std::uint16_t listen(const std::string& address, std::uint16_t port, std::string label,
                       const Tls* tls = nullptr);
  // Takes over an already listening TCP or Unix socket (e.g. made inside a network namespace).
  // Without `logged` what is asked there leaves no lines in the log: the operator's own questions.
  void adopt(int listening_fd, std::string label, bool logged = true);
  // Closes the listening sockets of that label; open connections end after their request. May be
  // called by a handler, but not while it plans.
  void forget(const std::string& label);

  void start();
  // Stops accepting, lets running requests finish within `grace`, then cuts their connections and
  // joins all threads. Never from a handler. Once stopped it cannot start again.
  void stop(Duration grace = std::chrono::seconds(5));
  ServerStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace haneul::http
