#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "drivers/net/descriptor.h"
#include "drivers/net/driver.h"
#include "drivers/net/ovsdb_replica.h"
#include "json/value.h"

namespace haneul::net::ovsdb {

class Splitter;

// The database took the request and refused it: a constraint, a lost race, an ill-formed row.
class Refused : public Error {
 public:
  using Error::Error;
};

class Client;

struct ClientOptions {
  std::string endpoint;  // "unix:/path" or "tcp:address:port"
  std::string database;  // "OVN_Northbound"
  std::vector<MonitoredTable> tables;
  std::chrono::milliseconds request_time_max{10'000};
  std::chrono::milliseconds connect_time_max{5'000};
  std::chrono::milliseconds reconnect_pause{200};
  std::size_t message_bytes_max = 512u << 20;
  // Called from the client's thread with every message's changes, after the replica has them and
  // before a transaction that caused them returns; also with all rows after connecting, and with
  // what changed meanwhile after reconnecting. Must not call back into the client other than
  // read().
  std::function<void(const std::vector<Change>&, const Client&)> on_change = {};
};

// One connection to one database of an OVSDB server (RFC 7047 with monitor_cond), made anew
// whenever it breaks, and a replica of some tables kept equal. Safe from any thread.
class Client {
 public:
  explicit Client(ClientOptions options);  // returns at once; connects in its own thread
  ~Client();                               // requests under way end with an Error
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // True once connected and the replica is whole.
  bool wait_ready(std::chrono::milliseconds time_max);
  bool ready() const;
  // Runs the operations as one transaction and returns their results. The replica shows their
  // effect when this returns. Waits for a connection if there is none. Throws Refused, or Error
  // when the deadline passed or the connection broke: then it may have happened or not.
  json::Array transact(json::Array operations);
  // Calls `look` while nothing changes. Keep it short.
  template <class F>
  auto read(F look) const {
    const std::shared_lock lock(replica_mutex_);
    return look(static_cast<const Replica&>(replica_));
  }
  // True as soon as `holds` is true of the replica; false if it never was within the time.
  bool wait_until(std::chrono::milliseconds time_max,
                  const std::function<bool(const Replica&)>& holds);

 private:
  struct Pending {
    bool done = false;
    std::optional<json::Value> result;
    std::string error;
  };

  void run_until_closed();
  void serve_connection();
  void handshake(int socket);
  void receive(int socket, std::chrono::steady_clock::time_point deadline,
               const std::function<bool()>& until);
  void take_message(std::string_view text);
  void take_reply(std::int64_t id, const json::Object& message);
  void take_update(const json::Object& message);
  void announce(const std::vector<Change>& changes);
  std::int64_t post(std::string_view method, json::Array params);
  json::Value await(std::int64_t id, std::chrono::steady_clock::time_point deadline);
  json::Value ask_while_connecting(int socket, std::string_view method, json::Array params);
  void disconnect(const std::string& why);
  json::Array monitor_request() const;

  const ClientOptions options_;
  mutable std::shared_mutex replica_mutex_;
  Replica replica_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::int64_t, std::shared_ptr<Pending>> pending_;
  std::int64_t next_id_ = 1;
  bool ready_ = false;
  bool closing_ = false;
  std::string last_error_ = "not yet connected";

  std::mutex send_mutex_;  // before mutex_ where both are held
  Descriptor socket_;
  Descriptor wake_;               // an eventfd: closing
  Splitter* splitter_ = nullptr;  // of the present connection; the thread's own
  std::thread thread_;
};

}  // namespace haneul::net::ovsdb
