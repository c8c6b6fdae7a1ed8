#include "base/pool.h"

#include <exception>
#include <pthread.h>

#include "base/log.h"

namespace haneul {

Pool::Pool(std::string name, std::size_t threads, std::size_t queue_max)
    : name_(std::move(name)), queue_max_(queue_max) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Pool::~Pool() {
  close();
}

// Waking a thread for each of many short jobs costs more than the jobs: they come one after the
// other instead, as long as there is work.
bool Pool::wants_wake() {
  if (waking_ || sleeping_ == 0 || queue_.empty()) return false;
  return waking_ = true;
}

bool Pool::try_submit(std::function<void()> job) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (closing_ || queue_.size() >= queue_max_) return false;
    queue_.push_back(std::move(job));
    wake = wants_wake();
  }
  if (wake) wake_.notify_one();
  return true;
}

void Pool::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::size_t Pool::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void Pool::work() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  for (;;) {
    std::function<void()> job;
    bool wake = false;
    {
      std::unique_lock lock(mutex_);
      while (!closing_ && queue_.empty()) {
        ++sleeping_;
        wake_.wait(lock);
        --sleeping_;
        waking_ = false;
      }
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
      wake = wants_wake();
    }
    if (wake) wake_.notify_one();
    try {
      job();
    } catch (const std::exception& e) {
      log::error("a job threw", {{"pool", name_}, {"error", e.what()}});
    }
  }
}

}  // namespace haneul
