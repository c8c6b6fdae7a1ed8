#include "http/connection.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <sys/socket.h>

#include "base/log.h"
#include "http/lane.h"

namespace haneul::http {
namespace {

using IoState = IoResult::State;

constexpr std::size_t kHeadReadBytes = 4 * 1024;
constexpr std::size_t kBodyReadBytes = 64 * 1024;
constexpr std::size_t kIdleBufferBytesMax = 8 * 1024;  // kept between requests
constexpr int kReadsMax = 16;  // by one connection before others have their turn
constexpr Duration kLingerMax = std::chrono::seconds(5);
constexpr std::uint64_t kLingerBytesMax = 64 * 1024 * 1024;

std::unique_ptr<TlsSession> session_for(const Origin& origin, int fd) {
  if (!origin.tls) return nullptr;
  auto session = origin.tls->accept(fd);
  if (!session) throw std::runtime_error("no memory for a TLS session");
  return session;
}

}  // namespace

Connection::Connection(Front& front, Lane& lane, int fd, std::shared_ptr<const Origin> origin,
                       std::string peer)
    : front_(front),
      lane_(lane),
      origin_(std::move(origin)),
      peer_(std::move(peer)),
      descriptor_(lane.loop(), fd),
      io_(fd, session_for(*origin_, fd)),
      parser_(front.options.header_bytes_max) {
  parser_.reset(request_);
}

Connection::~Connection() = default;

void Connection::start(Place place) {
  const std::lock_guard lock(mutex_);
  place_ = place;
  front_.connection_opened();
  if (!io_.is_tls()) return next_head();
  state_ = State::handshake;
  set_deadline(front_.options.header_max);
  shake();
}

void Connection::ready() {
  const std::lock_guard lock(mutex_);
  switch (state_) {
    case State::handshake:
      return shake();
    case State::head:
      return read_head();
    case State::body:
      return read_body();
    case State::flush:
      return flush();
    case State::drain:
      return drain();
    case State::linger:
      return discard();
    case State::lent:
    case State::closed:
      return;
  }
}

void Connection::tick(Duration now) {
  const std::lock_guard lock(mutex_);
  if (deadline_ == Duration{} || now < deadline_) return;
  const bool in_request = state_ == State::body || (state_ == State::head && parser_.started());
  if (in_request) return refuse(408, "the request took too long to arrive");
  if (state_ != State::lent) close();
}

void Connection::retire() {
  const std::lock_guard lock(mutex_);
  if (is_idle() || state_ == State::handshake) close();
}

bool Connection::give_way() {
  const std::lock_guard lock(mutex_);
  if (!is_idle()) return false;
  close();
  return true;
}

void Connection::abort() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::lent) {
    ::shutdown(descriptor_.fd(), SHUT_RDWR);  // wakes the thread that has it
  } else {
    close();
  }
}

void Connection::shake() {
  const IoResult result = io_.handshake();
  if (result.state == IoState::ended) return close();
  if (result.state != IoState::moved) return await(result.state);
  next_head();
}

void Connection::next_head() {
  if (front_.stopping || origin_->retired) return close();
  if (in_.empty()) return rest();
  clear_exchange();
  state_ = State::head;
  set_deadline(front_.options.idle_max);
  advance_head();
}

void Connection::rest() {
  clear_exchange();
  state_ = State::head;
  set_deadline(front_.options.idle_max);
  in_.shrink(kIdleBufferBytesMax);
  await(IoState::want_read);
}

void Connection::clear_exchange() {
  request_ = {};
  response_ = {};
  out_.clear();
  sent_ = 0;
  parser_.reset(request_);
}

void Connection::read_head() {
  if (fill(kHeadReadBytes)) advance_head();
}

void Connection::advance_head() {
  const bool was_started = parser_.started();
  switch (parser_.parse_head(in_)) {
    case RequestParser::Step::done:
      return begin_request();
    case RequestParser::Step::bad:
      return refuse(400, "the request is malformed");
    case RequestParser::Step::too_long:
      return refuse(431, "the head of the request is too large");
    case RequestParser::Step::more:
      if (!was_started && parser_.started()) set_deadline(front_.options.header_max);
      return await(IoState::want_read);
  }
}

void Connection::begin_request() {
  const RequestHead& head = parser_.head();
  request_.peer = peer_;
  request_.listener = origin_->label;
  request_.tls = io_.is_tls();
  request_.certificate = io_.peer_certificate();
  request_.deadline = front_.clock.steady() + front_.options.request_max;
  body_left_ = head.length.value_or(0);
  body_done_ = !head.chunked && body_left_ == 0;
  continue_owed_ = head.expects_continue && !body_done_;
  drained_ = 0;
  if (head.expects_other) return refuse(417, "only 100-continue may be expected");

  if (!ask_plan()) return refuse(500, "the server failed");
  request_.body_too_large = body_left_ > plan_.bytes_max;
  if (!request_.body_too_large && plan_.stream) return lend(true);
  if (request_.body_too_large || body_done_) return lend(false);
  begin_body();
}

// A bug above must not end the loop.
bool Connection::ask_plan() {
  try {
    plan_ = front_.handler.plan(request_);
    return true;
  } catch (const std::exception& e) {
    log::error("a handler's plan threw", {{"error", e.what()}, {"target", request_.target}});
    return false;
  }
}

void Connection::begin_body() {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  if (continue_owed_ && in_.empty()) {
    // Nothing else is on its way, so that it fits or the peer is gone.
    const IoResult result = io_.write(kContinue, {});
    if (result.state != IoState::moved || result.bytes != kContinue.size()) return close();
    front_.bytes_out_total += result.bytes;
  }
  continue_owed_ = false;
  request_.body.reserve(std::min<std::uint64_t>(body_left_, 1024 * 1024));
  state_ = State::body;
  body_end_ = front_.clock.steady() + front_.options.body_max;
  set_body_deadline();
  read_body();
}

void Connection::read_body() {
  for (int i = 0; i < kReadsMax; ++i) {
    take_body();
    if (state_ != State::body || !fill(kBodyReadBytes)) return;
    set_body_deadline();
  }
  take_body();
  if (state_ == State::body) await(IoState::want_read);
}

void Connection::take_body() {
  if (in_.empty()) return;
  if (parser_.head().chunked) return take_chunked_body();
  const std::size_t count = std::min<std::uint64_t>(body_left_, in_.size());
  request_.body.append(in_.view().substr(0, count));
  in_.consume(count);
  body_left_ -= count;
  body_done_ = body_left_ == 0;
  if (body_done_) lend(false);
}

void Connection::take_chunked_body() {
  std::string& body = request_.body;
  const std::size_t before = body.size();
  const std::uint64_t allowed = plan_.bytes_max - before;
  const std::size_t room = in_.size() <= allowed ? in_.size() : allowed + 1;
  body.resize(before + room);
  std::size_t count = 0;
  const auto step = parser_.decode(in_, body.data() + before, room, &count);
  body.resize(before + count);
  if (body.size() > plan_.bytes_max) {
    body = {};
    request_.body_too_large = true;
    return lend(false);
  }
  if (step == RequestParser::Step::more) return;
  if (step != RequestParser::Step::done) return refuse(400, "the chunked body is malformed");
  body_done_ = true;
  lend(false);
}

void Connection::lend(bool bulk) {
  state_ = State::lent;
  deadline_ = {};
  request_.deadline = front_.clock.steady() + front_.options.request_max;
  lent_self_ = shared_from_this();
  ++front_.requests_total;
  const bool taken = bulk ? front_.bulk->try_submit([this] { run_bulk(); })
                          : (plan_.slow ? front_.slow : front_.api)->try_submit([this] { run(); });
  if (taken) return;
  lent_self_.reset();
  answer(busy());
  settle_soon();
}

void Connection::refuse(int status, std::string_view why) {
  close_after_ = true;
  body_done_ = false;
  answer(plain(status, why));
  settle();
}

void Connection::flush() {
  send_composed();
  settle();
}

void Connection::settle() {
  if (broken_ || front_.aborting) return close();
  if (unsent() > 0) {
    state_ = State::flush;
    set_deadline(front_.options.body_gap_max);
    return await(IoState::want_write);
  }
  if (close_after_) return body_done_ && in_.empty() ? close() : linger();
  if (body_done_) return next_head();
  state_ = State::drain;
  set_deadline(front_.options.body_gap_max);
  drain();
}

// Not at once, so that a row of pipelined requests does not become a tower of calls.
void Connection::settle_soon() {
  lane_.loop().post([self = shared_from_this()] {
    const std::lock_guard lock(self->mutex_);
    if (self->state_ == State::lent) self->settle();
  });
}

void Connection::drain() {
  for (int i = 0; i < kReadsMax; ++i) {
    if (!drain_buffered()) return linger();
    if (body_done_) return next_head();
    if (!fill(kBodyReadBytes)) return;
  }
  await(IoState::want_read);
}

// False if there is too much of it.
bool Connection::drain_buffered() {
  std::array<char, 16 * 1024> scratch;
  while (!in_.empty() && !body_done_) {
    std::size_t count = 0;
    if (parser_.head().chunked) {
      const auto step = parser_.decode(in_, scratch.data(), scratch.size(), &count);
      body_done_ = step == RequestParser::Step::done;
      if (step == RequestParser::Step::bad || step == RequestParser::Step::too_long) return false;
      if (step == RequestParser::Step::more && count == 0) return true;
    } else {
      count = std::min<std::uint64_t>(body_left_, in_.size());
      in_.consume(count);
      body_left_ -= count;
      body_done_ = body_left_ == 0;
    }
    drained_ += count;
    if (drained_ > kDrainBytesMax) return false;
  }
  return true;
}

// Closing while the client is still sending would reset the connection and could take the answer
// away before the client has read it.
void Connection::linger() {
  io_.end_writing();
  state_ = State::linger;
  set_deadline(kLingerMax);
  drained_ = 0;
  in_.consume(in_.size());
  discard();
}

void Connection::discard() {
  for (int i = 0; i < kReadsMax; ++i) {
    char* scratch = in_.room(kBodyReadBytes);
    const IoResult result = io_.read_raw(scratch, in_.free_bytes());
    drained_ += result.bytes;
    if (result.state == IoState::ended || drained_ > kLingerBytesMax) return close();
    if (result.state != IoState::moved) break;
  }
  await(IoState::want_read);
}

void Connection::close() {
  if (state_ == State::closed) return;
  if (io_.is_tls() && !broken_ && state_ != State::linger) io_.end_writing();
  state_ = State::closed;
  deadline_ = {};
  descriptor_.close();
  lane_.remove(place_);
  front_.connection_closed();
}

bool Connection::fill(std::size_t bytes) {
  char* room = in_.room(bytes);
  const IoResult result = io_.read(room, in_.free_bytes());
  if (result.state == IoState::moved) {
    in_.filled(result.bytes);
    front_.bytes_in_total += result.bytes;
    return true;
  }
  if (result.state == IoState::ended) {
    close();
  } else {
    await(result.state);
  }
  return false;
}

void Connection::await(IoResult::State what) {
  if (what == IoState::want_write) {
    descriptor_.await_writable(shared_from_this());
  } else if (io_.has_pending()) {
    lane_.loop().post([self = shared_from_this()] { self->ready(); });
  } else {
    descriptor_.await_readable(shared_from_this());
  }
}

void Connection::set_deadline(Duration from_now) {
  deadline_ = front_.clock.steady() + from_now;
}

// Whoever sends a byte now and then does not keep the connection for ever.
void Connection::set_body_deadline() {
  set_deadline(front_.options.body_gap_max);
  deadline_ = std::min(deadline_, body_end_);
}

}  // namespace haneul::http
