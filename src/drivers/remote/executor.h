#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "bus/bus.h"
#include "drivers/net/driver.h"
#include "drivers/virt/driver.h"

namespace haneul::remote {

// The agent's side: carries out a controller's orders with this host's drivers. Orders for one
// guest or port wait for each other, so that one which comes twice is done twice in a row; when an
// order's turn comes and nobody waits for it any more, it is left alone. Any thread.
class Executor {
 public:
  struct Host {
    virt::Driver& virt;
    net::HostDriver& net;
    // Brings an image's bytes from the controller into a file. Throws virt::Error.
    std::function<void(const virt::ImageSource&, const std::string& to)> fetch;
    // Answers metadata on these networks and no others. Throws net::Error.
    std::function<void(const std::vector<net::Network>&)> serve_metadata;
  };
  Executor(Host host, const Clock& clock);

  // Throws bus::Error (refused) for what it does not know, and what the drivers throw.
  json::Value carry_out(const bus::Asked& asked);

 private:
  using Method = std::function<json::Value(const json::Value& body)>;
  class Turn;

  void add_virt();
  void add_power();
  void add_net();
  void create_disk(const json::Value& body);

  const Host host_;
  const Clock& clock_;
  std::map<std::string, Method, std::less<>> methods_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::set<std::string> busy_;  // guests and ports
};

}  // namespace haneul::remote
