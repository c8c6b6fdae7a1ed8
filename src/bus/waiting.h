#pragma once
#include <cstddef>
#include <cstdint>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "bus/bus.h"
#include "bus/frame.h"

namespace haneul::bus {

// An order's answer, or how it failed: an exception would be one object in two threads.
struct Reply {
  json::Value body;
  std::optional<Error::Kind> failure;
  std::string why;
};

// Orders sent to one node that have no answer yet. Not thread-safe; the futures are.
class Waiting {
 public:
  std::size_t size() const { return orders_.size(); }

  // A number for the order, and what will hold its answer.
  std::pair<std::uint64_t, std::future<Reply>> add(Duration deadline);
  // An answer or failure came; one that nobody waits for any more is dropped.
  void settle(Frame frame);
  // Those past their deadline fail.
  void expire(Duration now);
  // All fail.
  void abandon(const std::string& why);

 private:
  struct Order {
    Duration deadline;
    std::promise<Reply> reply;
  };
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, Order> orders_;
};

// As failures travel.
Frame failure_frame(std::uint64_t id, Error::Kind kind, std::string why);

}  // namespace haneul::bus
