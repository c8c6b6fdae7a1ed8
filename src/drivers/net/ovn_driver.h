#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "drivers/net/driver.h"
#include "drivers/net/host_ports.h"
#include "drivers/net/ovn_plan.h"
#include "drivers/net/ovn_watch.h"
#include "drivers/net/ovsdb.h"

namespace haneul::net {

struct OvnOptions {
  std::string northbound;  // "unix:/…/ovnnb_db.sock" or "tcp:address:port"
  std::string chassis;     // this host's system-id in its Open vSwitch
  // The chassis that routers' gateways may be on, the preferred first; empty: this one.
  std::vector<std::string> gateway_chassis;
  HostPortsOptions host;
  std::chrono::milliseconds request_time_max{10'000};
};

// The real thing: OVN's northbound database for what all hosts share, this host's Open vSwitch for
// what is plugged here. Needs root for plug, unplug and metadata only. The admin state of networks
// is not enforced, as with Neutron's ML2/OVN.
class OvnDriver final : public Driver {
 public:
  explicit OvnDriver(OvnOptions options);  // returns at once; the first call waits for databases
  ~OvnDriver() override;

  void put(const Network& network) override;
  void put(const Port& port) override;
  void put(const Router& router) override;
  void put(const SecurityGroup& group) override;
  void remove(const Object& object) override;
  std::vector<Object> list() override;

  std::string plug(const Port& port, std::int64_t mtu) override;
  void unplug(const std::string& port_id) override;
  std::vector<std::string> list_plugged() override;
  int open_metadata_socket(const Network& network) override;
  void close_metadata(const std::string& network_id) override;
  std::vector<std::string> list_metadata() override;

  void on_events(Events events) override;

 private:
  using Planner = std::function<ovn::Plan(const ovsdb::Replica&)>;

  void apply(const std::string& mark, const Planner& planner);
  void need_northbound();
  void mend_shared();

  const OvnOptions options_;
  std::mutex puts_;
  ovn::Watch watch_;
  std::unique_ptr<ovsdb::Client> northbound_;
  HostPorts host_;
};

}  // namespace haneul::net
