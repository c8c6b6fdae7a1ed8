#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace haneul {

// A fixed number of threads and a bounded queue. Jobs must not throw.
class Pool {
 public:
  // Threads are named `name` (15 characters shown by the kernel).
  Pool(std::string name, std::size_t threads, std::size_t queue_max);
  ~Pool();  // runs what is queued, then joins
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // False when the queue is full or the pool is closing; the job was not taken then.
  bool try_submit(std::function<void()> job);
  // No new jobs; returns when those queued have run. Safe to call twice.
  void close();
  std::size_t queued() const;

 private:
  void work();
  bool wants_wake();

  const std::string name_;
  const std::size_t queue_max_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool closing_ = false;
  std::size_t sleeping_ = 0;
  bool waking_ = false;  // one was woken and has not come yet; it wakes the next if need be
  std::vector<std::thread> threads_;
};

}  // namespace haneul
