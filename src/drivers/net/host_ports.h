#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/net/driver.h"
#include "drivers/net/ovsdb.h"

namespace haneul::net {

struct HostPortsOptions {
  std::string switch_database;  // this host's Open_vSwitch: "unix:/…/db.sock"
  std::string integration_bridge = "br-int";
  // Tells the devices and namespaces of clouds on one host apart; may be empty.
  std::string tag;
  std::chrono::milliseconds request_time_max{10'000};
};

// Guests' taps and metadata namespaces on this host, and their ports on the integration bridge.
// Needs root. Throws Error. Safe from any thread.
class HostPorts final : public HostDriver, public MetadataDriver {
 public:
  explicit HostPorts(HostPortsOptions options);

  // A device that has the tap's name already is used as it is.
  std::string plug(const Port& port, std::int64_t mtu) override;
  void unplug(const std::string& port_id) override;
  std::vector<std::string> list_plugged() override;
  int open_metadata_socket(const Network& network) override;
  void close_metadata(const std::string& network_id) override;
  std::vector<std::string> list_metadata() override;

 private:
  using Ids = std::map<std::string, std::string>;

  void attach(const std::string& device, const Ids& external_ids);
  void detach(const std::string& device);
  std::string await_port(const std::string& device);
  void make_metadata_link(const Network& network, const std::string& space);

  const HostPortsOptions options_;
  ovsdb::Client switch_;
};

// What this host's Open vSwitch calls the host: OvnOptions::chassis. Throws Error if it has no
// system-id or does not answer in time.
std::string read_chassis(const std::string& switch_database, std::chrono::milliseconds time_max);

// For cleaning up after a cloud: what begins every such name or note.
std::string metadata_namespace_prefix(std::string_view tag);
std::string device_alias_prefix(std::string_view tag);
// All devices and metadata namespaces that a cloud made here, whoever still uses them.
void remove_host_devices(std::string_view tag);

}  // namespace haneul::net
