#include "http/listener.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netdb.h>
#include <stdexcept>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/log.h"
#include "http/server.h"

namespace haneul::http {
namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptsMax = 64;  // at one time, so that a flood does not starve connections

[[noreturn]] void fail(const std::string& address, std::uint16_t port, const char* why) {
  throw CannotListen("Cannot listen on " + address + " port " + std::to_string(port) + ": " + why);
}

std::uint16_t port_of(int fd) {
  sockaddr_storage bound{};
  socklen_t length = sizeof(bound);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length);
  if (bound.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6&>(bound).sin6_port);
  return ntohs(reinterpret_cast<sockaddr_in&>(bound).sin_port);
}

std::string text_of(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (address.ss_family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  } else if (address.ss_family == AF_INET6) {
    bytes = &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  } else {
    return {};
  }
  inet_ntop(address.ss_family, bytes, text.data(), text.size());
  const std::string_view view(text.data());
  constexpr std::string_view kMapped = "::ffff:";
  const bool is_mapped = view.starts_with(kMapped) && view.find('.') != view.npos;
  return std::string(is_mapped ? view.substr(kMapped.size()) : view);
}

bool is_worth_retrying(int error) {
  return error == EINTR || error == ECONNABORTED || error == EPROTO || error == EPERM;
}

}  // namespace

std::pair<int, std::uint16_t> bind_and_listen(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) fail(address, port, gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> guard(found, ::freeaddrinfo);

  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) fail(address, port, strerror(errno));
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(fd, found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd, kBacklog) != 0) {
    const int why = errno;
    ::close(fd);
    fail(address, port, strerror(why));
  }
  return {fd, port_of(fd)};
}

Listener::Listener(Loop& loop, int fd, std::shared_ptr<Origin> origin, Accept accept)
    : loop_(loop), descriptor_(loop, fd), origin_(std::move(origin)), accept_(std::move(accept)) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  spare_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void Listener::close() {
  if (closed_) return;
  closed_ = true;
  descriptor_.close();
  if (spare_ >= 0) ::close(spare_);
}

void Listener::ready() {
  for (int i = 0; i < kAcceptsMax && !closed_; ++i) {
    sockaddr_storage peer{};
    socklen_t length = sizeof(peer);
    const int fd = ::accept4(descriptor_.fd(), reinterpret_cast<sockaddr*>(&peer), &length,
                             SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 && is_worth_retrying(errno)) continue;
    if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
      // Without this the waiting client would wake us for ever.
      if (spare_ >= 0) ::close(spare_);
      const int refused = ::accept4(descriptor_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
      if (refused >= 0) ::close(refused);
      spare_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
      if (refused < 0) break;
      continue;
    }
    if (fd < 0) break;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    accept_(fd, origin_, text_of(peer));
  }
  if (!closed_) descriptor_.await_readable(shared_from_this());
}

}  // namespace haneul::http
