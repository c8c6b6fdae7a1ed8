#include "drivers/cache/breaker.h"

#include <utility>

namespace haneul::cache {

bool Breaker::lets() {
  const std::lock_guard lock(mutex_);
  if (!is_open_) return true;
  const Duration now = clock_.steady();
  if (now < next_) return false;
  next_ = now + pause_;  // for all but this one
  return true;
}

bool Breaker::failed() {
  const std::lock_guard lock(mutex_);
  next_ = clock_.steady() + pause_;
  return !std::exchange(is_open_, true);
}

bool Breaker::succeeded() {
  const std::lock_guard lock(mutex_);
  return std::exchange(is_open_, false);
}

}  // namespace haneul::cache
