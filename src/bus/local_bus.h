#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "bus/bus.h"

namespace haneul::bus {

// Nodes of one process. Orders and events are carried out by the thread that gives them, so that
// an order's time is not enforced.
class LocalHub {
 public:
  explicit LocalHub(const Clock& clock) : clock_(clock) {}

  // A node's own view of the others; must not outlive the hub. Names must differ.
  std::unique_ptr<Bus> join(const std::string& node);
  // As if the node's connection broke or came back; the others are told.
  void set_connected(const std::string& node, bool connected);

 private:
  class End;
  struct Node {
    Ears ears;
    bool connected = true;
    Instant seen_at;
  };
  // Throws Error unless both are connected.
  Ears ears_of(const std::string& from, const std::string& node);

  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Node> nodes_;
};

}  // namespace haneul::bus
