#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"

namespace haneul::http {

// What wants to know that a descriptor can be read or written. Called on the loop's thread;
// spurious calls happen.
class Readiness {
 public:
  virtual ~Readiness() = default;
  virtual void ready() = 0;
};

// One thread with its event loop. Asio stays inside loop.cc.
class Loop {
 public:
  explicit Loop(std::string thread_name);
  ~Loop();  // finishes
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void start();
  // Runs until nothing is awaited any more, then joins. Close the descriptors first.
  void finish();
  // From any thread. Dropped if the loop has finished.
  void post(std::function<void()> job);
  // Runs the job once on the loop; an earlier one that has not run yet is dropped. Loop thread.
  void after(Duration delay, std::function<void()> job);
  void cancel_after();

 private:
  friend class Descriptor;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Owns a descriptor and knows its loop. Used by one thread at a time, any thread.
class Descriptor {
 public:
  // Throws std::exception if the kernel will not watch it; the descriptor is closed then too.
  Descriptor(Loop& loop, int fd);
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int fd() const { return fd_; }
  // One call of ready() each; `who` is kept alive until then. Dropped without a call by close().
  void await_readable(std::shared_ptr<Readiness> who);
  void await_writable(std::shared_ptr<Readiness> who);
  // Loop thread only.
  void close();

 private:
  struct Impl;
  int fd_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace haneul::http
