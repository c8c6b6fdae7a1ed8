#pragma once
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/clock.h"
#include "json/value.h"

namespace haneul::bus {

// Why an order was not carried out, or may not have been; what() is a sentence for people.
class Error : public std::runtime_error {
 public:
  enum class Kind {
    unreachable,  // not connected, no answer in time, too busy: it may or may not have been done
    failed,       // the node tried and could not; asking again may help
    refused       // the node will never do it: an unknown method, a body it cannot read
  };
  Error(Kind kind, const std::string& why) : std::runtime_error(why), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

struct Order {
  std::string method;
  json::Value body;
  Duration time_max = std::chrono::seconds(60);  // until an answer must be there
};

// An order as the node sees it that is to carry it out.
struct Asked {
  std::string from, method;
  json::Value body;
  Duration deadline{};  // Clock::steady(); nobody waits for the answer after that
  // False once nobody waits any more. An order that comes late must then be left alone: whoever
  // gave it may have taken it back meanwhile.
  std::function<bool()> awaited;
};

struct Told {
  std::string from, event;
  json::Value body;
};

// What a node does when others speak to it. Called on threads of the bus.
struct Ears {
  // The answer, or what it throws: an Error as it is, anything else as Kind::failed.
  std::function<json::Value(const Asked&)> order;
  std::function<void(const Told&)> event;                // one at a time, in the order they came
  std::function<void(const std::string& node)> changed;  // connected or gone: look at members()
};

struct Member {
  std::string name, address;
  bool connected = false;
  Instant seen_at;  // the last sign of life
};

// Speaks to other nodes by name, whatever carries it. An order may reach its node twice (it is
// asked again after a lost answer), so what it does must be safe to repeat. Any thread.
class Bus {
 public:
  virtual ~Bus() = default;

  // Set once, before others speak.
  virtual void hear(Ears ears) = 0;
  // Waits for the answer. Throws Error; never waits longer than the order's time.
  virtual json::Value call(const std::string& node, Order order) = 0;
  // Does not wait and may be lost with the connection; false if it surely was.
  virtual bool tell(const std::string& node, const std::string& event, json::Value body) = 0;
  // All nodes that were ever connected since this began, by name.
  virtual std::vector<Member> members() const = 0;
  virtual std::optional<Member> member(const std::string& node) const = 0;
};

}  // namespace haneul::bus
