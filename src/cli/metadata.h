#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "db/database.h"
#include "drivers/net/driver.h"
#include "http/server.h"
#include "json/value.h"
#include "services/neutron/neutron.h"

namespace haneul::cli {

// The sockets at 169.254.169.254 of one host. A request that comes through one has the listener
// "metadata:<network id>" and, as its peer, the guest's address. Any thread.
class MetadataSockets {
 public:
  MetadataSockets(http::Server& server, net::MetadataDriver& driver)
      : server_(server), driver_(driver) {}

  // From now on there are sockets in these networks and no others, whoever opened them. What the
  // driver throws for one network is thrown after the others had their turn.
  void serve(const std::vector<net::Network>& networks);

 private:
  http::Server& server_;
  net::MetadataDriver& driver_;
  std::mutex mutex_;
  std::set<std::string> open_;
};

// Keeps hosts serving the networks that have ports bound to them. For one job.
class MetadataDuty {
 public:
  using Serve = std::function<void(const std::vector<net::Network>&)>;
  MetadataDuty(db::Database& database, neutron::Neutron& neutron)
      : database_(database), neutron_(neutron) {}

  // Looks what the hosts must serve together, and calls `serve` if it is not what it was. What
  // that throws is logged, and it is called again the next time.
  void refresh(const std::string& name, const std::vector<std::string>& hosts, const Serve& serve);
  // Whoever served has forgotten; safe from any thread.
  void forget(const std::string& name);

 private:
  using Networks = std::map<std::string, net::Network>;
  Networks look(const std::vector<std::string>& hosts, const Networks& known) const;

  db::Database& database_;
  neutron::Neutron& neutron_;
  std::mutex mutex_;  // guards forgotten_
  std::set<std::string> forgotten_;
  std::map<std::string, Networks> served_;
};

// A guest's request and its answer on their way between an agent and its controller.
json::Value relay(const http::Request& request);
http::Request relayed_request(const json::Value& value);
json::Value relay(const http::Response& response);
http::Response relayed_response(const json::Value& value);

}  // namespace haneul::cli
