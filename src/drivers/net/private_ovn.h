#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "drivers/net/daemon.h"
#include "drivers/net/ovn_driver.h"

namespace haneul::net {

struct PrivateOvnOptions {
  std::string state_dir;  // absolute; made if absent
  // Tells clouds on one host apart: at most 8 of a-z, 0-9 and -. Empty: br-int and br-ex.
  std::string tag;
  std::string hostname;               // what Neutron's binding:host_id says
  std::string encap_type = "geneve";  // or vxlan
  std::string encap_ip = "127.0.0.1";
  std::string physical_network = "public";         // the one behind the external bridge
  std::string external_address = "172.24.4.1/24";  // the host's on it; empty: none
  // What leaves the external network gets the host's own addresses; turns on the host's IPv4
  // forwarding, and leaves it on.
  bool masquerade = false;
  std::chrono::milliseconds start_time_max{15'000};  // of each program
  std::chrono::milliseconds stop_time_max{3'000};    // then it is killed
};

// Open vSwitch (userspace datapath) and OVN for one cloud on one host, when there are none of the
// system's to use: two database servers, ovs-vswitchd, ovn-northd and ovn-controller, with all
// that they write under the state directory. They outlive this process; the next one adopts them.
// A program that ends while this lives is started again. Needs root. Throws Error.
//
// Databases of OVN last; that of Open vSwitch is made anew when nothing runs yet, for it only says
// what is plugged.
class PrivateOvn {
 public:
  using Progress = std::function<void(std::string_view stage)>;

  explicit PrivateOvn(PrivateOvnOptions options);  // checks names; starts nothing
  ~PrivateOvn();                                   // leaves the programs alone

  // Returns when this host is a chassis: true if none of the programs ran before. Calling again
  // repairs what is missing. If it throws, and none ran before, then none does.
  bool start(const Progress& progress);
  // Ends all programs and removes bridges, taps, namespaces and the nftables table, also those of
  // an earlier process. Nothing there is fine.
  void stop();
  // True if all programs run.
  bool healthy();

  std::string northbound() const { return "unix:" + run_dir_ + "/ovnnb_db.sock"; }
  std::string southbound() const { return "unix:" + run_dir_ + "/ovnsb_db.sock"; }
  std::string switch_database() const { return "unix:" + run_dir_ + "/db.sock"; }
  std::string integration_bridge() const;
  std::string external_bridge() const;
  std::string chassis() const;
  OvnOptions driver_options() const;

 private:
  void make_directories() const;
  void prepare_database(const std::string& file, const std::string& schema) const;
  void make_daemons();
  bool any_runs();
  void start_all(const Progress& progress);
  void start_databases();
  void configure_switch() const;
  void start_switch();
  void await_switch() const;
  void hide_datapath_link() const;
  void set_up_external() const;
  void await_chassis() const;
  void bring_up(Daemon& daemon);
  void launch(Daemon& daemon) const;
  void watch_until_stopped();
  void revive();
  std::string datapath_link() const;
  std::string nft_table() const;

  const PrivateOvnOptions options_;
  const std::string run_dir_;
  std::mutex mutex_;  // guards the daemons
  std::unique_ptr<Daemon> switch_db_, ovn_db_, switch_, northd_, controller_;
  std::vector<Daemon*> all_;  // in the order they start

  Descriptor stop_;  // an eventfd: end the watching
  std::thread watcher_;
};

}  // namespace haneul::net
