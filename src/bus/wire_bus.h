#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "bus/bus.h"
#include "bus/link.h"

namespace haneul::bus {

struct WireLimits {
  LinkLimits link;
  std::size_t orders_max = 1024;  // without an answer yet, per node
  std::size_t members_max = 10'000;
  std::size_t threads = 16;     // that carry out others' orders
  std::size_t jobs_max = 1024;  // waiting for one of them; more are turned away as unreachable
  std::size_t events_max = 10'000;
};

// Who is at the other end of a connection.
struct Caller {
  std::string node, address;
  std::string instance;  // of its process: tells a reconnect from a second node of the same name
};

// The bus over connections that somebody else made: the controller's door takes them in, an
// agent's dialer makes one. When one ends, every order that waits on it fails as unreachable.
//
// Threads: one loop for all connections; `threads` for orders and news of members; one for events.
class WireBus final : public Bus {
 public:
  explicit WireBus(const Clock& clock, WireLimits limits = {});
  ~WireBus() override;  // closes

  void hear(Ears ears) override;
  json::Value call(const std::string& node, Order order) override;
  bool tell(const std::string& node, const std::string& event, json::Value body) override;
  std::vector<Member> members() const override;
  std::optional<Member> member(const std::string& node) const override;

  // Why this node may not join now; nothing if it may.
  std::optional<std::string> objection(const Caller& caller) const;
  // Takes over the socket. A connection of the same node that was there before ends.
  void adopt(http::Upgraded wire, const Caller& caller);
  // Returns when the node is not connected, or this is closed.
  void await_gone(const std::string& node);
  // Ends all connections, waits for what runs, and takes no more. Safe to call twice.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace haneul::bus
