#include "http/transport.h"

#include <array>
#include <cerrno>

#include <sys/socket.h>
#include <sys/uio.h>

namespace haneul::http {
namespace {

using State = IoResult::State;

iovec part(std::string_view text) {
  return {const_cast<char*>(text.data()), text.size()};
}

IoResult outcome(ssize_t count, State blocked) {
  if (count > 0) return {State::moved, static_cast<std::size_t>(count)};
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {blocked};
  return {State::ended};
}

}  // namespace

IoResult Transport::read_raw(char* out, std::size_t bytes_max) const {
  ssize_t count = 0;
  do {
    count = ::recv(fd_, out, bytes_max, 0);
  } while (count < 0 && errno == EINTR);
  return outcome(count, State::want_read);
}

IoResult Transport::read(char* out, std::size_t bytes_max) {
  return tls_ ? tls_->read(out, bytes_max) : read_raw(out, bytes_max);
}

IoResult Transport::write_plain(std::string_view first, std::string_view second) const {
  std::array<iovec, 2> parts{part(first), part(second)};
  msghdr message{};
  message.msg_iov = first.empty() ? &parts[1] : parts.data();
  message.msg_iovlen = first.empty() || second.empty() ? 1 : 2;
  ssize_t count = 0;
  do {
    count = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  return outcome(count, State::want_write);
}

IoResult Transport::write(std::string_view first, std::string_view second) {
  if (!tls_) return write_plain(first, second);
  IoResult total{State::moved, 0};
  while (!first.empty() || !second.empty()) {
    std::string_view& piece = first.empty() ? second : first;
    const IoResult result = tls_->write(piece);
    if (result.state != State::moved) return total.bytes > 0 ? total : result;
    total.bytes += result.bytes;
    piece.remove_prefix(result.bytes);
  }
  return total;
}

std::unique_ptr<TlsSession> Transport::release_session(int fd) {
  if (tls_) tls_->move_to(fd);
  return std::move(tls_);
}

void Transport::end_writing() {
  if (tls_) tls_->say_goodbye();
  ::shutdown(fd_, SHUT_WR);
}

}  // namespace haneul::http
