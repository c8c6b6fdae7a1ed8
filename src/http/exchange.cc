// The part of a connection's life in which a pool thread has it.
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <poll.h>

#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "http/body_stream.h"
#include "http/connection.h"
#include "http/lane.h"
#include "http/upgraded.h"

namespace haneul::http {
namespace {

using IoState = IoResult::State;

constexpr std::size_t kInlineBodyBytesMax = 16 * 1024;  // copied behind the head
constexpr std::size_t kStreamPieceBytes = 512 * 1024;
constexpr std::size_t kLoggedBytesMax = 256;  // of a method and of a path
constexpr int kPollMillis = 100;              // how late a time-out or a stop is noticed

bool has_no_body(int status) {
  return status == 204 || status == 304;
}

}  // namespace

Response Connection::plain(int status, std::string_view why) {
  Response response = Response::empty(status);
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.headers.add("X-Openstack-Request-Id", "req-" + new_uuid());
  response.body.append(reason_of(status)).append(": ").append(why).append(".\n");
  return response;
}

Response Connection::busy() {
  ++front_.refused_busy_total;
  Response response = plain(503, "too many requests are waiting, try again soon");
  response.headers.add("Retry-After", "1");
  return response;
}

void Connection::run() {
  // Nobody waits for an answer any more if the request stood in the queue that long.
  Response response = front_.clock.steady() >= request_.deadline ? busy() : call_handler();
  if (response.status == 101 && response.upgrade) return run_upgrade(std::move(response));
  if (is_streamed(response)) {
    response_ = std::move(response);
    if (front_.bulk->try_submit([this] { run_stream(); })) return;
    response = busy();
  }
  answer(std::move(response));
  give_back();
}

void Connection::run_bulk() {
  SocketBody body(*this);
  request_.stream = &body;
  Response response = call_handler();
  request_.stream = nullptr;
  if (is_streamed(response)) {
    response_ = std::move(response);
    return run_stream();
  }
  answer(std::move(response));
  give_back();
}

void Connection::run_stream() {
  compose();
  const auto source = std::move(response_.stream);
  const Framing framing = framing_;
  if (!pump(*source, framing)) broken_ = true;
  sent_ = out_.size();
  give_back();
}

// Whatever comes of it, HTTP has nothing more to say on this connection.
void Connection::run_upgrade(Response response) {
  out_.clear();
  append_head(out_, response.status, response.headers,
              {Framing::Body::none, 0, Framing::Connection::upgrade}, front_.clock.now());
  if (send_all(out_, {})) hand_over(response.upgrade);
  broken_ = true;
  give_back();
}

// The socket lives on under another descriptor, out of the loop's sight.
void Connection::hand_over(const std::function<void(Upgraded)>& taker) {
  const int fd = ::fcntl(descriptor_.fd(), F_DUPFD_CLOEXEC, 0);
  if (fd < 0) {
    log::warning("a connection could not be handed over", {{"error", strerror(errno)}});
    return;
  }
  taker({fd, io_.release_session(fd), std::string(in_.view())});
}

Response Connection::call_handler() {
  try {
    return front_.handler.handle(request_);
  } catch (const std::exception& e) {
    log::error("a handler threw", {{"error", e.what()}, {"target", request_.target}});
    return plain(500, "the server failed");
  }
}

bool Connection::is_streamed(const Response& response) const {
  return response.stream && request_.method != "HEAD" && !has_no_body(response.status);
}

// The last thing the pool thread does: the loop may run on with the connection at once.
void Connection::give_back() {
  const auto self = std::move(lent_self_);
  const std::lock_guard lock(mutex_);
  const bool is_plain_end = !broken_ && unsent() == 0 && !close_after_ && body_done_ &&
                            in_.empty() && !io_.has_pending() && !front_.stopping &&
                            !origin_->retired;
  if (!is_plain_end) return settle_soon();
  rest();
}

void Connection::answer(Response response) {
  response_ = std::move(response);
  compose();
  response_.stream.reset();
  send_composed();
}

void Connection::compose() {
  if (response_.status < 200 || response_.status > 599) {
    log::error("a handler gave an impossible status", {{"status", response_.status}});
    response_ = plain(500, "the server failed");
  }
  framing_ = framing_for(response_);
  close_after_ = close_after_ || must_close() || framing_.body == Framing::Body::until_close;
  if (close_after_) {
    framing_.connection = Framing::Connection::close;
  } else if (!parser_.head().http_1_1) {
    framing_.connection = Framing::Connection::keep_alive;
  }
  out_.clear();
  sent_ = 0;
  append_head(out_, response_.status, response_.headers, framing_, front_.clock.now());
  if (is_worth_a_line()) log_answer();
  if (request_.method == "HEAD" || has_no_body(response_.status)) {
    response_.body.clear();
  } else if (response_.body.size() <= kInlineBodyBytesMax) {
    out_.append(response_.body);
    response_.body.clear();
  }
}

bool Connection::is_worth_a_line() const {
  const bool only_reads = request_.method == "GET" || request_.method == "HEAD";
  if (!origin_->is_logged) return false;
  return !only_reads || response_.status >= 400 || front_.options.log_reads;
}

// Queries stay out of the log: signatures and codes of logins are there.
void Connection::log_answer() const {
  const bool was_asked = request_.deadline != Duration{};
  const Duration begun = request_.deadline - front_.options.request_max;
  const Duration took = was_asked ? front_.clock.steady() - begun : Duration{};
  log::info("request", {{"method", request_.method.substr(0, kLoggedBytesMax)},
                        {"path", request_.path.substr(0, kLoggedBytesMax)},
                        {"status", response_.status},
                        {"bytes", static_cast<std::size_t>(framing_.length)},
                        {"micros", static_cast<std::int64_t>(took.count())},
                        {"from", peer_},
                        {"request_id", response_.headers.get("X-Openstack-Request-Id")}});
}

Framing Connection::framing_for(const Response& response) const {
  using Body = Framing::Body;
  const bool is_head = request_.method == "HEAD";
  if (has_no_body(response.status)) return {Body::none};
  if (response.stream) {
    if (const auto length = response.stream->length()) return {Body::length, *length};
    if (is_head) return {Body::none};
    return {parser_.head().http_1_1 ? Body::chunked : Body::until_close};
  }
  if (is_head && response.body.empty()) {
    // The handler may know the length of what a GET would give.
    const auto length = parse_int(response.headers.get("Content-Length"));
    if (length && *length >= 0) return {Body::length, static_cast<std::uint64_t>(*length)};
  }
  return {Body::length, response.body.size()};
}

bool Connection::must_close() const {
  const bool endless = request_.body_too_large && parser_.head().chunked;
  const bool too_much_left =
      !body_done_ && (body_left_ > kDrainBytesMax || continue_owed_ || endless);
  return !parser_.head().keep_alive || too_much_left || front_.stopping || origin_->retired ||
         iequals(response_.headers.get("Connection"), "close");
}

void Connection::send_composed() {
  while (unsent() > 0) {
    const std::string_view head = out_, body = response_.body;
    const std::size_t of_head = std::min(sent_, head.size());
    const IoResult result = io_.write(head.substr(of_head), body.substr(sent_ - of_head));
    if (result.state == IoState::ended) broken_ = true;
    if (result.state != IoState::moved) return;
    sent_ += result.bytes;
    front_.bytes_out_total += result.bytes;
  }
}

// Sends the head with the first piece, then the rest as it comes. False: cut the connection.
bool Connection::pump(BodySource& source, const Framing& framing) {
  constexpr std::size_t kLineBytesMax = 20;  // of a chunk's size
  const bool chunked = framing.body == Framing::Body::chunked;
  const bool sized = framing.body == Framing::Body::length;
  const auto buffer = std::make_unique_for_overwrite<char[]>(kLineBytesMax + kStreamPieceBytes + 2);
  char* const piece = buffer.get() + kLineBytesMax;
  std::uint64_t left = sized ? framing.length : kStreamPieceBytes;
  std::string_view head = out_;
  try {
    while (left > 0) {
      const std::size_t count =
          source.read(piece, std::min<std::uint64_t>(kStreamPieceBytes, left));
      if (count == 0) break;
      if (sized) left -= count;
      char line[kLineBytesMax];
      const int width = chunked ? std::snprintf(line, sizeof(line), "%zx\r\n", count) : 0;
      std::copy_n(line, width, piece - width);
      std::copy_n("\r\n", chunked ? 2 : 0, piece + count);
      const std::size_t total = static_cast<std::size_t>(width) + count + (chunked ? 2 : 0);
      if (!send_all(head, {piece - width, total})) return false;
      head = {};
    }
  } catch (const std::exception& e) {
    log::warning("an answer was cut", {{"error", e.what()}, {"target", request_.target}});
    return false;
  }
  if (sized && left > 0) return false;
  return send_all(head, chunked ? "0\r\n\r\n" : "");
}

bool Connection::send_all(std::string_view first, std::string_view second) {
  while (!first.empty() || !second.empty()) {
    const IoResult result = io_.write(first, second);
    if (result.state == IoState::ended) return false;
    if (result.state != IoState::moved) {
      if (!wait_for(result.state)) return false;
      continue;
    }
    front_.bytes_out_total += result.bytes;
    const std::size_t of_first = std::min(result.bytes, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(result.bytes - of_first);
  }
  return true;
}

bool Connection::wait_for(IoResult::State what) {
  const Duration give_up = front_.clock.steady() + front_.options.body_gap_max;
  pollfd watched{descriptor_.fd(), 0, 0};
  watched.events = what == IoState::want_write ? POLLOUT : POLLIN;
  while (!front_.aborting) {
    const int count = ::poll(&watched, 1, kPollMillis);
    if (count > 0) return true;
    if (count < 0 && errno != EINTR) return false;
    if (front_.clock.steady() >= give_up) return false;
  }
  return false;
}

}  // namespace haneul::http
