#pragma once
#include <mutex>

#include "base/clock.h"

namespace haneul::cache {

// Keeps callers from waiting for what does not answer: after a failure nobody calls for a while,
// then one does. Safe from any thread.
class Breaker {
 public:
  // The clock must outlive it.
  Breaker(const Clock& clock, Duration pause) : clock_(clock), pause_(pause) {}

  // Whether to call now. Who was let must say how it went.
  bool lets();
  // Whether that is news.
  bool failed();
  bool succeeded();

 private:
  const Clock& clock_;
  const Duration pause_;
  std::mutex mutex_;
  bool is_open_ = false;
  Duration next_{};  // Clock::steady()
};

}  // namespace haneul::cache
