#include "http/body_stream.h"

#include <algorithm>
#include <cstring>

#include "base/fault.h"
#include "http/connection.h"

namespace haneul::http {
namespace {

using IoState = IoResult::State;

constexpr std::size_t kChunkedReadBytes = 256 * 1024;

}  // namespace

std::optional<std::uint64_t> SocketBody::length() const {
  const RequestHead& head = connection_.parser_.head();
  if (head.chunked) return std::nullopt;
  return head.length.value_or(0);
}

std::size_t SocketBody::read(char* out, std::size_t bytes_max) {
  if (failed_) fail("The request's body cannot be read any further.");
  if (connection_.body_done_ || bytes_max == 0) return 0;
  if (connection_.continue_owed_) owe_nothing();
  const bool chunked = connection_.parser_.head().chunked;
  const std::size_t count = chunked ? read_chunked(out, bytes_max) : read_sized(out, bytes_max);
  total_ += count;
  if (total_ > connection_.plan_.bytes_max) {
    failed_ = connection_.close_after_ = true;
    throw Fault::too_large("The request's body is too large.");
  }
  return count;
}

void SocketBody::owe_nothing() {
  connection_.continue_owed_ = false;
  if (!connection_.in_.empty()) return;
  if (!connection_.send_all("HTTP/1.1 100 Continue\r\n\r\n", {})) fail("The client is gone.");
}

std::size_t SocketBody::read_sized(char* out, std::size_t bytes_max) {
  Connection& c = connection_;
  std::size_t count = std::min<std::uint64_t>(bytes_max, c.body_left_);
  if (c.in_.empty()) {
    count = receive(out, count);
  } else {
    count = std::min(count, c.in_.size());
    std::memcpy(out, c.in_.view().data(), count);
    c.in_.consume(count);
  }
  c.body_left_ -= count;
  c.body_done_ = c.body_left_ == 0;
  return count;
}

std::size_t SocketBody::read_chunked(char* out, std::size_t bytes_max) {
  Connection& c = connection_;
  for (;;) {
    std::size_t count = 0;
    const auto step = c.parser_.decode(c.in_, out, bytes_max, &count);
    c.body_done_ = step == RequestParser::Step::done;
    if (c.body_done_ || count > 0) return count;
    if (step != RequestParser::Step::more) fail("The request's chunked body is malformed.");
    char* room = c.in_.room(kChunkedReadBytes);
    c.in_.filled(receive(room, c.in_.free_bytes()));
  }
}

std::size_t SocketBody::receive(char* out, std::size_t bytes_max) {
  Connection& c = connection_;
  for (;;) {
    const IoResult result = c.io_.read(out, bytes_max);
    if (result.state == IoState::moved) {
      c.front_.bytes_in_total += result.bytes;
      return result.bytes;
    }
    if (result.state == IoState::ended) {
      c.broken_ = true;
      fail("The client went away before its request was complete.");
    }
    if (!c.wait_for(result.state)) fail("The request's body came too slowly.");
  }
}

void SocketBody::fail(const char* why) {
  failed_ = connection_.close_after_ = true;
  throw Fault::bad_request(why);
}

}  // namespace haneul::http
