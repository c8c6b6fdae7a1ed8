#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "bus/wire_bus.h"

namespace haneul::bus {

// What the controller is called on an agent's bus.
inline constexpr const char* kController = "controller";

struct DialerOptions {
  std::string url;   // of the controller, http:// or https://, without a path
  std::string node;  // this node's name
  std::string secret;
  std::string ca_pem;  // https: certificates to trust; empty: the system's authorities
  Duration pause_first = std::chrono::milliseconds(500);
  Duration pause_max = std::chrono::seconds(30);
};

// How long to wait before each attempt: doubling, with up to half as much again by chance, so that
// a hundred agents do not come back in step.
class Pauses {
 public:
  Pauses(Duration first, Duration max) : first_(first), max_(max), next_(first) {}
  Duration next();
  void reset() { next_ = first_; }

 private:
  const Duration first_, max_;
  Duration next_;
};

// Keeps an agent connected to its controller: dials, waits until the connection ends, dials again.
class Dialer {
 public:
  // `refused` is told, on the dialer's thread, when the controller says no for good (wrong secret,
  // another protocol); no more attempts follow. The bus must outlive this.
  Dialer(WireBus& bus, DialerOptions options, std::function<void(const std::string& why)> refused);
  ~Dialer();  // stops; close the bus first
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

 private:
  // True if it was connected. Throws Error if there is no use in trying again.
  bool dial();
  void run();
  bool rest(Duration pause);  // false: stop

  WireBus& bus_;
  const DialerOptions options_;
  const std::function<void(const std::string&)> refused_;
  const std::string instance_;
  std::string last_failure_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace haneul::bus
