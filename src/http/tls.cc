#include "http/tls.h"

#include <cerrno>
#include <cstdint>
#include <stdexcept>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include "http/transport.h"

namespace haneul::http {
namespace {

using State = IoResult::State;

int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int bio_read(BIO* bio, char* out, int bytes_max) {
  BIO_clear_retry_flags(bio);
  const ssize_t count = ::recv(socket_of(bio), out, static_cast<std::size_t>(bytes_max), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(count);
}

// OpenSSL's own socket BIO would raise SIGPIPE.
int bio_write(BIO* bio, const char* bytes, int count) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(socket_of(bio), bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

long bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

struct BioMethod {
  BioMethod() : method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "haneul socket")) {
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
  }
  ~BioMethod() { BIO_meth_free(method); }
  BIO_METHOD* method;
};

BIO* new_bio(int fd) {
  static const BioMethod kMethod;
  BIO* bio = BIO_new(kMethod.method);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  BIO_set_init(bio, 1);
  return bio;
}

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  const unsigned long code = ERR_peek_error();
  const char* reason = ERR_GET_LIB(code) == ERR_LIB_SYS ? strerror(ERR_GET_REASON(code))
                                                        : ERR_reason_error_string(code);
  ERR_clear_error();
  throw std::runtime_error("Cannot use the " + what + " " + path + ": " +
                           (reason != nullptr ? reason : "not a valid PEM file"));
}

void set_up(SSL_CTX* context) {
  ERR_clear_error();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
}

// Null if OpenSSL has no memory.
SSL* new_ssl(SSL_CTX* context, int fd) {
  SSL* ssl = SSL_new(context);
  BIO* bio = ssl != nullptr ? new_bio(fd) : nullptr;
  if (bio == nullptr) {
    SSL_free(ssl);
    return nullptr;
  }
  SSL_set_bio(ssl, bio, bio);
  return ssl;
}

int add_certificates(X509_STORE* store, const std::string& pem) {
  BIO* in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  int count = 0;
  while (X509* certificate = PEM_read_bio_X509(in, nullptr, nullptr, nullptr)) {
    count += X509_STORE_add_cert(store, certificate);
    X509_free(certificate);
  }
  BIO_free(in);
  ERR_clear_error();
  return count;
}

void load(SSL_CTX* context, const std::string& certificate_path, const std::string& key_path) {
  set_up(context);
  if (SSL_CTX_use_certificate_chain_file(context, certificate_path.c_str()) != 1) {
    fail("certificate", certificate_path);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_path.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    fail("key", key_path);
  }
}

void ask_for_certificates(SSL_CTX* context, const std::string& path) {
  constexpr unsigned char kSessions[] = "haneul";
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(path.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(context, path.c_str()) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    fail("file of client authorities", path);
  }
  SSL_CTX_set_client_CA_list(context, names);
  SSL_CTX_set_session_id_context(context, kSessions, sizeof(kSessions) - 1);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
}

}  // namespace

TlsContext::TlsContext(const std::string& certificate_path, const std::string& key_path,
                       const std::string& client_authorities_path)
    : context_(SSL_CTX_new(TLS_server_method())) {
  if (context_ == nullptr) throw std::runtime_error("OpenSSL cannot make a TLS context.");
  try {
    load(context_, certificate_path, key_path);
    if (!client_authorities_path.empty()) ask_for_certificates(context_, client_authorities_path);
  } catch (const std::exception&) {
    SSL_CTX_free(context_);
    throw;
  }
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

std::unique_ptr<TlsSession> TlsContext::accept(int fd) const {
  SSL* ssl = new_ssl(context_, fd);
  if (ssl == nullptr) return nullptr;
  SSL_set_accept_state(ssl);
  return std::make_unique<TlsSession>(ssl);
}

TlsTrust::TlsTrust(const std::string& certificates) : context_(SSL_CTX_new(TLS_client_method())) {
  if (context_ == nullptr) throw std::runtime_error("OpenSSL cannot make a TLS context.");
  set_up(context_);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  // A certificate that was given is trusted as it is, also without the authority that signed it.
  X509_STORE* store = SSL_CTX_get_cert_store(context_);
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  const bool loaded = certificates.empty() ? SSL_CTX_set_default_verify_paths(context_) == 1
                                           : add_certificates(store, certificates) > 0;
  if (loaded) return;
  SSL_CTX_free(context_);
  throw std::runtime_error("The certificate to trust is not valid PEM.");
}

TlsTrust::~TlsTrust() {
  SSL_CTX_free(context_);
}

std::unique_ptr<TlsSession> TlsTrust::connect(int fd, const std::string& host) const {
  SSL* ssl = new_ssl(context_, fd);
  if (ssl == nullptr) return nullptr;
  auto session = std::make_unique<TlsSession>(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) != 1) {
    ERR_clear_error();
    SSL_set_tlsext_host_name(ssl, host.c_str());
    if (SSL_set1_host(ssl, host.c_str()) != 1) return nullptr;
  }
  SSL_set_connect_state(ssl);
  return session;
}

TlsSession::~TlsSession() {
  SSL_free(ssl_);
}

IoResult TlsSession::outcome(int result, std::size_t bytes) const {
  if (result == 1) return {State::moved, bytes};
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return {State::want_read};
    case SSL_ERROR_WANT_WRITE:
      return {State::want_write};
    default:
      return {State::ended};
  }
}

IoResult TlsSession::handshake() {
  ERR_clear_error();
  return outcome(SSL_do_handshake(ssl_), 0);
}

IoResult TlsSession::read(char* out, std::size_t bytes_max) {
  ERR_clear_error();
  std::size_t count = 0;
  const int result = SSL_read_ex(ssl_, out, bytes_max, &count);
  return outcome(result, count);
}

IoResult TlsSession::write(std::string_view bytes) {
  ERR_clear_error();
  std::size_t count = 0;
  const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count);
  return outcome(result, count);
}

bool TlsSession::has_pending() const {
  return SSL_pending(ssl_) > 0;
}

void TlsSession::move_to(int fd) {
  BIO_set_data(SSL_get_rbio(ssl_), reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
}

std::string TlsSession::refusal() const {
  const long result = SSL_get_verify_result(ssl_);
  return result == X509_V_OK ? "" : X509_verify_cert_error_string(result);
}

std::string TlsSession::peer_certificate() const {
  if (SSL_get_verify_result(ssl_) != X509_V_OK) return {};
  X509* certificate = SSL_get0_peer_certificate(ssl_);
  unsigned char* der = nullptr;
  const int size = certificate != nullptr ? i2d_X509(certificate, &der) : 0;
  std::string out;
  if (size > 0) out.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

void TlsSession::say_goodbye() {
  ERR_clear_error();
  if (SSL_is_init_finished(ssl_) == 1) SSL_shutdown(ssl_);
  ERR_clear_error();
}

}  // namespace haneul::http
