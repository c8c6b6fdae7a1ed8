#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/caller.h"
#include "drivers/net/driver.h"
#include "resource/service.h"
#include "resource/world.h"
#include "services/neutron/context.h"

namespace haneul::neutron {

// A network as other services need to know it.
struct NetworkFacts {
  std::string id, name, project_id, status;
  std::int64_t mtu = 1442;
  bool shared = false, external = false, admin_state_up = true, port_security = true;
  bool has_subnets = false;
  std::string physical_network;
};

struct SubnetFacts {
  std::string id, network_id, name, cidr, gateway_ip;  // gateway empty: none
  int ip_version = 4;
  bool enable_dhcp = true;
  std::string ipv6_address_mode, ipv6_ra_mode;
  std::vector<std::string> dns_nameservers;
  std::vector<net::HostRoute> host_routes;
};

struct PortFacts {
  struct Address {
    std::string subnet_id, ip_address;
    std::string floating_ip;  // what stands for it outside; empty: nothing
    int version = 4;
  };
  std::string id, name, project_id, network_id, network_name, mac_address;
  std::string device_id, device_owner, host, status, vnic_type;
  bool admin_state_up = true, made_for_device = false, port_security = true;
  std::int64_t mtu = 1442;
  std::vector<Address> addresses;
  std::vector<std::string> security_groups;  // ids
};

struct SecurityGroupFacts {
  std::string id, name, description;
};

// What a new port for a server asks for.
struct NewPort {
  std::string network_id;
  std::string fixed_ip;                      // empty: any
  std::vector<std::string> security_groups;  // ids; empty: the project's default group
  std::string device_id, device_owner;       // "compute:nova"
  std::string host;                          // empty: not yet known
  std::string dns_name;
  std::string name;
};

// What a hypervisor host reports of itself.
struct HostReport {
  std::string host;
  std::string availability_zone = "nova";
  bool is_gateway = true;  // carries routers' traffic to the outside
};

// Everything a cloud has from the start.
struct FirstNetworks {
  std::string admin_project_id;  // owns the external network
  std::string project_id;        // gets a network and a router; empty: none
  std::string physical_network = "physnet1";
  std::string public_cidr = "172.24.4.0/24", public_gateway = "172.24.4.1";
  std::vector<std::string> dns_nameservers{"8.8.8.8"};
};

// Networks. Calls that read take a session, calls that change a transaction: what they do commits
// or fails with the caller's own rows. Calls that end in Fault use Neutron's words and error names.
class Neutron {
 public:
  // References must outlive it.
  Neutron(const resource::World& world, net::Driver& driver, Options options = {});
  ~Neutron();

  const resource::Service& service() const;
  // After migrations, before requests: listens to the driver, compares it with the rows, and makes
  // sure that changes will be told.
  void start();
  // Safe to repeat; what is there already, by name, stays as it is.
  void bootstrap(const FirstNetworks& firsts);
  // One line for each difference between rows and driver, and for what cannot be told.
  std::vector<std::string> doctor();
  // Compares again and mends, in the background.
  void resync();

  // A port came up or went down at its host. Called from the driver's thread, outside
  // transactions. Set before start().
  void on_port_status(std::function<void(const PortFacts&, bool up)> listener);

  // Ports of this device got or lost addresses, floating ones included. Called at the end of the
  // transaction that changes them, for devices whose owner is a compute host. Set before start().
  void on_device_change(
      std::function<void(db::Transaction&, const std::string& device_id)> listener);

  // For servers. ------------------------------------------------------------------------------
  // The networks a server without a wish may be put on: the project's own, and shared ones.
  std::vector<NetworkFacts> available_networks(db::Session& session,
                                               const access::Caller& caller) const;
  // Nothing if the caller may not see it.
  std::optional<NetworkFacts> network(db::Session& session, const access::Caller& caller,
                                      std::string_view id) const;
  std::optional<PortFacts> port(db::Session& session, const access::Caller& caller,
                                std::string_view id) const;
  // By id or, else, by name, which several may have; all if empty. Makes no default group.
  std::vector<SecurityGroupFacts> security_groups(db::Session& session,
                                                  const access::Caller& caller,
                                                  std::string_view id_or_name) const;
  std::string default_security_group(db::Transaction& tx, std::string_view project_id) const;

  // Throws NetworkNotFound, IpAddressAlreadyAllocated, IpAddressGenerationFailure, OverQuota, …
  PortFacts create_port(db::Transaction& tx, const access::Caller& caller, const NewPort& wish);
  // Throws PortNotFound, PortInUse.
  PortFacts use_port(db::Transaction& tx, const access::Caller& caller, std::string_view port_id,
                     const NewPort& wish);
  // Ports made by create_port are deleted; those given to use_port are free and unbound again.
  void release_ports_of(db::Transaction& tx, std::string_view device_id);
  // The same for one port; nothing happens if it is not this device's.
  void release_port(db::Transaction& tx, std::string_view device_id, std::string_view port_id);
  void bind_ports(db::Transaction& tx, std::string_view device_id, std::string_view host);
  void add_security_group(db::Transaction& tx, std::string_view device_id, std::string_view group);
  void remove_security_group(db::Transaction& tx, std::string_view device_id,
                             std::string_view group);

  // In the order they were made. Two or three queries, however many devices there are.
  std::vector<PortFacts> ports_of(db::Session& session,
                                  std::span<const std::string> device_ids) const;
  bool is_up(db::Session& session, std::string_view port_id) const;
  // As the driver is to plug it.
  std::optional<net::Port> wiring(db::Session& session, std::string_view port_id) const;
  std::optional<net::Network> network_wiring(db::Session& session, std::string_view id) const;
  // With its rules.
  std::optional<net::SecurityGroup> security_group_wiring(db::Session& session,
                                                          std::string_view id) const;
  std::vector<SubnetFacts> subnets(db::Session& session, std::span<const std::string> ids) const;

  // For metadata. -----------------------------------------------------------------------------
  std::optional<PortFacts> port_by_address(db::Session& session, std::string_view network_id,
                                           std::string_view ip_address) const;
  // Networks with a port bound to this host: it must answer metadata on them.
  std::vector<std::string> networks_on(db::Session& session, std::string_view host) const;

  // For the agents' list. -----------------------------------------------------------------------
  void report_host(db::Transaction& tx, const HostReport& report);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace haneul::neutron
