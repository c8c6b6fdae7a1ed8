#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "drivers/net/driver.h"
#include "drivers/net/ovsdb_replica.h"

namespace haneul::net::ovn {

// Follows the northbound database: tells ports that come up or go down, and objects whose rows
// somebody else changed. Our own transactions are told from others' afterwards, so nothing is
// judged while `puts` is held. Safe from any thread.
class Watch {
 public:
  // Calls what it is given while the replica does not change.
  using Look = std::function<void(const std::function<void(const ovsdb::Replica&)>&)>;

  // `mend_shared` is called from the watch's thread, with nothing held, when rows of no single
  // object were disturbed.
  Watch(std::mutex& puts, std::function<void()> mend_shared);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Begins to judge and to tell; take() may be called before.
  void start(Look look);
  // Returns when no more is told; final.
  void stop();
  // What changed, in a replica that has the changes. The first call is of all that is there.
  void take(const std::vector<ovsdb::Change>& changes, const ovsdb::Replica& replica);
  // Under `puts`: what happened so far to the object's rows and to these was our own doing.
  void settle(const std::string& mark, const std::set<std::string>& touched);
  // The state of every port is told first.
  void on_events(Events events);

 private:
  struct Suspect {
    std::string table, mark;
    bool certain = false;  // a reference changed or the row is gone: no seal can tell
  };
  struct Found {
    std::vector<Object> drifted;
    bool shared = false;
  };

  void take_one(const ovsdb::Change& change, const ovsdb::Replica& replica, bool first);
  void take_port(const ovsdb::Change& change, const ovsdb::Row* row, bool first);
  void work();
  void tell(std::unique_lock<std::mutex>& lock, const std::function<void()>& say);
  void tell_ports(std::unique_lock<std::mutex>& lock);
  void judge(std::unique_lock<std::mutex>& lock);
  Found find_drifted(const std::map<std::string, Suspect>& suspects,
                     const std::set<std::pair<std::string, std::string>>& members,
                     const ovsdb::Replica& replica) const;

  std::mutex& puts_;  // before mutex_
  const std::function<void()> mend_shared_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Look look_;
  Events events_;
  bool listening_ = false;
  bool loaded_ = false;
  bool closing_ = false;
  std::deque<std::pair<std::string, bool>> ports_;         // to tell: id, up
  std::map<std::string, Suspect> suspects_;                // by uuid
  std::set<std::pair<std::string, std::string>> members_;  // of port group, port
  std::thread thread_;
};

}  // namespace haneul::net::ovn
