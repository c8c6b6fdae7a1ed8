#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "drivers/net/driver.h"
#include "drivers/net/fake_journal.h"

namespace haneul::net {

enum class FakeOp { put, remove, list, plug, unplug, open_metadata, close_metadata };

struct FakeOptions {
  // Where to remember objects, plugged ports and metadata networks between runs; empty: nowhere.
  // Only what exists is remembered, not its contents: network() and the like know only what was
  // put in this run.
  std::string journal_path;
  // Tell events in the thread whose call caused them, before that call returns. Else a thread of
  // the driver's own tells them, in order.
  bool synchronous_events = false;
  // Keep every object as it was put, for tests to look at. Off, a port costs about 300 bytes.
  bool keep_contents = true;
  // A port with a host is up even if nobody plugged it.
  bool up_when_bound = false;
};

// A network of nothing but names: no root, no packages. As with the real one, a port is up when
// it exists and is plugged (order does not matter) or belongs to a router, and a network takes its
// ports along when removed. Safe from any thread. Handlers given to on_events may not call back.
class FakeDriver final : public Driver {
 public:
  explicit FakeDriver(FakeOptions options = {});
  ~FakeDriver() override;  // events not yet told are dropped

  void put(const Network& network) override;
  void put(const Port& port) override;
  void put(const Router& router) override;
  void put(const SecurityGroup& group) override;
  void remove(const Object& object) override;
  std::vector<Object> list() override;

  std::string plug(const Port& port, std::int64_t mtu) override;
  void unplug(const std::string& port_id) override;
  std::vector<std::string> list_plugged() override;
  // A listening socket on 127.0.0.1 and a port the kernel chose.
  int open_metadata_socket(const Network& network) override;
  void close_metadata(const std::string& network_id) override;
  std::vector<std::string> list_metadata() override;

  void on_events(Events events) override;

  // For tests. ------------------------------------------------------------------------------
  // The next `times` calls of this kind throw Error(message) and change nothing.
  void fail_next(FakeOp op, std::string message, int times = 1);
  // Called first in each call, without locks held; may throw. For unplug and plug the object is
  // the port, for metadata the network, for list an empty id.
  void before_each(std::function<void(FakeOp, const Object&)> hook);
  // As if somebody else had removed it behind our back.
  void lose(const Object& object);
  // As if somebody else had changed it.
  void disturb(const Object& object);
  // Returns when all events so far have been told.
  void settle();
  std::optional<Network> network(const std::string& id) const;
  std::optional<Port> port(const std::string& id) const;
  std::optional<Router> router(const std::string& id) const;
  std::optional<SecurityGroup> security_group(const std::string& id) const;
  bool has(const Object& object) const;
  bool is_up(const std::string& port_id) const;

 private:
  struct PortState {
    std::string network_id;
    bool bound = false;
    bool of_router = false;
    bool up = false;
    bool operator==(const PortState&) const = default;
  };
  using Told = std::function<void(const Events&)>;

  void enter(FakeOp op, const Object& object);
  void replay();
  void replay_line(const std::string& line);
  std::vector<std::string> live_lines() const;
  static std::string port_line(const std::string& id, const PortState& state);
  bool should_be_up(const std::string& id, const PortState& state) const;
  void note(const std::string& line);
  void note_object(char sign, const Object& object);
  bool known(const Object& object) const;
  void add(const Object& object);
  void erase(const Object& object);
  void erase_port(const std::string& id);
  void refresh(const std::string& port_id);
  void tell(Told told);
  void deliver(std::unique_lock<std::mutex>& lock);
  void notify_until_closed();

  const FakeOptions options_;
  mutable std::mutex mutex_;
  std::unique_ptr<FakeJournal> journal_;
  std::map<std::string, std::set<std::string>> ports_of_;  // network id → port ids
  std::map<std::string, PortState> ports_;
  std::set<std::string> routers_, groups_, plugged_, metadata_;
  std::map<std::string, Network> network_contents_;
  std::map<std::string, Port> port_contents_;
  std::map<std::string, Router> router_contents_;
  std::map<std::string, SecurityGroup> group_contents_;

  std::map<FakeOp, std::deque<std::string>> failures_;
  std::function<void(FakeOp, const Object&)> hook_;
  Events events_;
  std::deque<Told> untold_;
  std::condition_variable wake_, settled_;
  bool telling_ = false;
  bool closing_ = false;
  std::thread notifier_;
};

}  // namespace haneul::net
