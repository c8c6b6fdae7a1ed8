#pragma once
#include <condition_variable>
#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"

namespace haneul::keystone {

// Keeps directories that are slow or down from taking all threads of the program. Of one domain
// only so many calls are under way at a time, and of all domains together so many; further ones
// wait for a second at most. After a call that got no answer, the domain's are refused at once for
// a while, then one is let through to try. Safe from any thread.
class DirectoryGate {
 public:
  explicit DirectoryGate(const Clock& clock) : clock_(clock) {}

  // One call's stay. Leaving without succeeded() or failed() counts as neither.
  class Pass {
   public:
    Pass(DirectoryGate& gate, std::string domain_id);  // throws Fault::unavailable
    ~Pass();
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    void succeeded() { answered_ = true; }
    void failed() { failed_ = true; }

   private:
    DirectoryGate& gate_;
    const std::string domain_id_;
    std::list<std::chrono::steady_clock::time_point>::iterator since_;
    bool answered_ = false, failed_ = false;
  };

 private:
  struct Line {
    std::list<std::chrono::steady_clock::time_point> under_way;  // since when, oldest first
    bool down = false;
    Duration try_again_at{};  // Clock::steady
  };
  bool has_room(const Line& line) const;

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable left_;
  std::map<std::string, Line> lines_;  // by domain
  std::size_t under_way_ = 0;
};

}  // namespace haneul::keystone
