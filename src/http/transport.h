#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "http/tls.h"

namespace haneul::http {

// What became of a read or write that does not wait.
struct IoResult {
  enum class State { moved, want_read, want_write, ended } state;
  std::size_t bytes = 0;  // if moved
};

// Bytes to and from a non-blocking socket, through TLS if there is a session. Does not own the
// socket. Never raises SIGPIPE.
class Transport {
 public:
  Transport(int fd, std::unique_ptr<TlsSession> tls) : fd_(fd), tls_(std::move(tls)) {}

  // Gives the session away, to go on over another descriptor of the same socket; null without TLS.
  std::unique_ptr<TlsSession> release_session(int fd);

  int fd() const { return fd_; }
  bool is_tls() const { return tls_ != nullptr; }
  std::string peer_certificate() const { return tls_ ? tls_->peer_certificate() : std::string(); }
  // `moved` when the handshake is complete.
  IoResult handshake() { return tls_->handshake(); }
  IoResult read(char* out, std::size_t bytes_max);
  // Both parts in one system call where possible; `bytes` counts over both.
  IoResult write(std::string_view first, std::string_view second);
  // Decrypted bytes wait inside, so that the socket may never become readable for them.
  bool has_pending() const { return tls_ && tls_->has_pending(); }
  // Tells the peer that nothing more comes.
  void end_writing();
  // From the socket itself, to be thrown away.
  IoResult read_raw(char* out, std::size_t bytes_max) const;

 private:
  IoResult write_plain(std::string_view first, std::string_view second) const;

  const int fd_;
  std::unique_ptr<TlsSession> tls_;
};

}  // namespace haneul::http
