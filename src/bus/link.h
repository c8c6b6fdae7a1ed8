#pragma once
#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "bus/frame.h"
#include "http/loop.h"
#include "http/transport.h"
#include "http/upgraded.h"

namespace haneul::bus {

struct LinkLimits {
  std::size_t frame_bytes_max = 8 * 1024 * 1024;
  std::size_t queue_bytes_max = 32 * 1024 * 1024;  // unsent; beyond, the connection ends
  Duration ping_every = std::chrono::seconds(10);
  Duration silence_max = std::chrono::seconds(30);  // then the other side is gone
};

// One connection that carries frames both ways. Its socket is touched by the loop's thread alone.
class Link final : public std::enable_shared_from_this<Link> {
 public:
  // Both are called on the loop's thread, `ended` once and last. They may keep the Link alive.
  struct Events {
    std::function<void(Frame)> frame;
    std::function<void(const std::string& why)> ended;
  };

  // Takes over the socket. The clock and the loop must outlive it.
  Link(http::Loop& loop, http::Upgraded wire, const Clock& clock, LinkLimits limits, Events events);

  // These from any thread.
  void start();
  // False if it has ended or too much waits to be sent (which ends it).
  bool send(std::string frame);
  void end(const std::string& why);
  bool alive();
  Duration seen() const { return Duration(seen_.load()); }  // Clock::steady() of the last byte

  // Loop thread: pings, and notices silence.
  void tick(Duration now);

 private:
  class Waker final : public http::Readiness {
   public:
    Waker(Link& link, void (Link::*work)()) : link_(link), work_(work) {}
    void ready() override {
      waiting = false;
      (link_.*work_)();
    }
    bool waiting = false;

   private:
    Link& link_;
    void (Link::*work_)();
  };

  void read();
  void write();
  void take_frames();
  void await(Waker& waker, http::IoResult::State what);
  void finish(const std::string& why);

  http::Loop& loop_;
  const Clock& clock_;
  const LinkLimits limits_;
  const Events events_;
  http::Descriptor descriptor_;
  http::Transport io_;
  FrameReader reader_;
  Waker read_waker_{*this, &Link::read}, write_waker_{*this, &Link::write};
  std::atomic<Duration::rep> seen_;
  Duration pinged_;
  bool ended_ = false;  // loop thread

  std::mutex mutex_;  // guards the rest
  std::deque<std::string> queue_;
  std::size_t queue_bytes_ = 0, front_sent_ = 0;
  bool closed_ = false, flushing_ = false;
};

}  // namespace haneul::bus
