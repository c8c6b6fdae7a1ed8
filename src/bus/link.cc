#include "bus/link.h"

#include <algorithm>
#include <utility>

namespace haneul::bus {
namespace {

using IoState = http::IoResult::State;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kIdleBufferBytesMax = 64 * 1024;
constexpr int kTurnsMax = 16;  // reads or writes in a row before others have their turn

}  // namespace

Link::Link(http::Loop& loop, http::Upgraded wire, const Clock& clock, LinkLimits limits,
           Events events)
    : loop_(loop),
      clock_(clock),
      limits_(limits),
      events_(std::move(events)),
      descriptor_(loop, wire.fd),
      io_(wire.fd, std::move(wire.tls)),
      reader_(limits.frame_bytes_max),
      seen_(clock.steady().count()),
      pinged_(clock.steady()) {
  std::copy(wire.early.begin(), wire.early.end(), reader_.input().room(wire.early.size()));
  reader_.input().filled(wire.early.size());
}

void Link::start() {
  loop_.post([self = shared_from_this()] {
    self->take_frames();
    self->read();
  });
}

bool Link::send(std::string frame) {
  bool too_much = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    too_much = queue_bytes_ + frame.size() > limits_.queue_bytes_max;
    closed_ = too_much;
    if (!too_much) {
      queue_bytes_ += frame.size();
      queue_.push_back(std::move(frame));
      if (std::exchange(flushing_, true)) return true;
    }
  }
  if (too_much) {
    end("it does not read what it is sent");
    return false;
  }
  loop_.post([self = shared_from_this()] { self->write(); });
  return true;
}

bool Link::alive() {
  const std::lock_guard lock(mutex_);
  return !closed_;
}

void Link::end(const std::string& why) {
  loop_.post([self = shared_from_this(), why] { self->finish(why); });
}

void Link::tick(Duration now) {
  if (ended_) return;
  if (now - seen() > limits_.silence_max) return finish("it has gone silent");
  if (now - pinged_ < limits_.ping_every) return;
  pinged_ = now;
  send(encode({}));
}

void Link::await(Waker& waker, IoState what) {
  if (std::exchange(waker.waiting, true)) return;
  std::shared_ptr<http::Readiness> kept(shared_from_this(), &waker);
  if (what == IoState::want_write) {
    descriptor_.await_writable(std::move(kept));
  } else {
    descriptor_.await_readable(std::move(kept));
  }
}

void Link::read() {
  for (int turn = 0; turn < kTurnsMax; ++turn) {
    if (ended_) return;
    char* room = reader_.input().room(kReadBytes);
    const auto result = io_.read(room, reader_.input().free_bytes());
    if (result.state == IoState::ended) return finish("it closed the connection");
    if (result.state != IoState::moved) {
      reader_.input().shrink(kIdleBufferBytesMax);
      return await(read_waker_, result.state);
    }
    reader_.input().filled(result.bytes);
    seen_ = clock_.steady().count();
    take_frames();
  }
  loop_.post([self = shared_from_this()] { self->read(); });
}

void Link::take_frames() {
  try {
    while (!ended_) {
      auto frame = reader_.next();
      if (!frame) return;
      if (frame->kind != Frame::Kind::ping) events_.frame(std::move(*frame));
    }
  } catch (const Malformed& e) {
    finish(e.what());
  }
}

void Link::write() {
  for (int turn = 0; turn < kTurnsMax; ++turn) {
    std::string_view piece;
    {
      const std::lock_guard lock(mutex_);
      flushing_ = !queue_.empty() && !ended_;
      if (!flushing_) return;
      piece = std::string_view(queue_.front()).substr(front_sent_);
    }
    // Others only add at the end, so that the first one stays where it is.
    const auto result = io_.write(piece, {});
    if (result.state == IoState::ended) return finish("it closed the connection");
    if (result.state != IoState::moved) return await(write_waker_, result.state);
    const std::lock_guard lock(mutex_);
    front_sent_ += result.bytes;
    queue_bytes_ -= result.bytes;
    if (result.bytes < piece.size()) continue;
    front_sent_ = 0;
    queue_.pop_front();
  }
  loop_.post([self = shared_from_this()] { self->write(); });
}

void Link::finish(const std::string& why) {
  if (std::exchange(ended_, true)) return;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    queue_.clear();
    queue_bytes_ = front_sent_ = 0;
  }
  io_.end_writing();
  descriptor_.close();
  events_.ended(why);
}

}  // namespace haneul::bus
