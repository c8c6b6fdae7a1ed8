#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace haneul::http {

struct IoResult;
class TlsSession;

// A certificate and its key; TLS 1.2 and 1.3. OpenSSL stays inside tls.cc.
class TlsContext {
 public:
  // Throws std::runtime_error with a sentence that names the file.
  // With a file of authorities clients are asked for a certificate: none is taken as well, one that
  // no authority vouches for ends the handshake.
  TlsContext(const std::string& certificate_path, const std::string& key_path,
             const std::string& client_authorities_path = {});
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // The server's side over a non-blocking socket; null if OpenSSL has no memory.
  std::unique_ptr<TlsSession> accept(int fd) const;

 private:
  ssl_ctx_st* context_;
};

// Whom a client trusts; TLS 1.2 and 1.3, the host's name is verified.
class TlsTrust {
 public:
  // Certificates in PEM; empty: the system's authorities. Throws std::runtime_error.
  explicit TlsTrust(const std::string& certificates);
  ~TlsTrust();
  TlsTrust(const TlsTrust&) = delete;
  TlsTrust& operator=(const TlsTrust&) = delete;

  // The client's side over a non-blocking socket; `host` is a name or a numeric address.
  std::unique_ptr<TlsSession> connect(int fd, const std::string& host) const;

 private:
  ssl_ctx_st* context_;
};

// Used by one thread at a time. See Transport for the meaning of the results.
class TlsSession {
 public:
  explicit TlsSession(ssl_st* ssl) : ssl_(ssl) {}
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  IoResult handshake();
  IoResult read(char* out, std::size_t bytes_max);
  IoResult write(std::string_view bytes);
  bool has_pending() const;
  void say_goodbye();
  void move_to(int fd);
  // After a failed handshake of a client: why the server's certificate was not accepted; else
  // empty.
  std::string refusal() const;
  // After the handshake: the other side's certificate, DER, if it was verified; else empty.
  std::string peer_certificate() const;

 private:
  IoResult outcome(int result, std::size_t bytes) const;
  ssl_st* ssl_;
};

}  // namespace haneul::http
