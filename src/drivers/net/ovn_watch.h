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
#include "drivers/net/ovsdb.h"

namespace haneul::net::ovn {

// Follows the northbound database: tells ports that come up or go down, and objects whose rows
// somebody else changed. Our own transactions are told from others' afterwards, so nothing is
// judged while `puts` is held. Safe from any thread.
class Watch {
 public:
  // `mend_shared` is called from the watch's thread, with nothing held, when rows of no single
  // object were disturbed.
  Watch(std::mutex& puts, std::function<void()> mend_shared);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Begins to follow; before that the client may call take() already.
  void start(const ovsdb::Client& northbound);
  // Returns when no more is told; final.
  void stop();
  // From the client's thread: what it was told.
  void take(const std::vector<ovsdb::Change>& changes, const ovsdb::Client& northbound);
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
  void tell_ports(std::unique_lock<std::mutex>& lock);
  void judge(std::unique_lock<std::mutex>& lock);
  Found find_drifted(const std::map<std::string, Suspect>& suspects,
                     const std::set<std::pair<std::string, std::string>>& members,
                     const ovsdb::Replica& replica) const;

  std::mutex& puts_;  // before mutex_
  const std::function<void()> mend_shared_;
  std::mutex mutex_;
  std::condition_variable wake_;
  const ovsdb::Client* northbound_ = nullptr;
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
