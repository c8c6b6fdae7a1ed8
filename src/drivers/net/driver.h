#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace haneul::net {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What Neutron wants the world to look like, object by object. All ids are Neutron's UUIDs; all
// addresses are in canonical text form.

struct HostRoute {
  std::string destination, nexthop;
};

struct Subnet {
  std::string id, cidr, gateway_ip;  // gateway empty: none
  int ip_version = 4;
  bool enable_dhcp = true;
  std::vector<std::string> dns_nameservers;
  std::vector<HostRoute> host_routes;
  std::string ipv6_ra_mode, ipv6_address_mode;  // slaac, dhcpv6-stateful, dhcpv6-stateless, empty
  std::string metadata_ip;  // address of the network's metadata port in this subnet, if any
};

struct Network {
  std::string id, name;
  std::int64_t mtu = 1442;
  bool admin_up = true;
  std::string physical_network;  // external or provider networks: the bridge mapping; else empty
  std::optional<int> vlan;
  std::vector<Subnet> subnets;
  std::string dns_domain;
  // The port that answers DHCP's and metadata's addresses on every host ("localport").
  std::string metadata_port_id, metadata_mac;
};

struct FixedIp {
  std::string subnet_id, ip_address;
};

struct AddressPair {
  std::string ip_address, mac_address;
};

struct Port {
  std::string id, network_id, name, mac_address;
  std::string device_owner, device_id;
  std::vector<FixedIp> fixed_ips;
  bool admin_up = true;
  bool port_security = true;
  std::vector<std::string> security_groups;
  std::vector<AddressPair> allowed_address_pairs;
  std::string host;  // binding:host_id; empty: not bound
  std::string dns_name;
};

struct RouterInterface {
  std::string port_id, network_id, mac_address;
  std::vector<std::string> addresses;  // "10.0.0.1/24"
  // For IPv6: slaac, dhcpv6-stateful, dhcpv6-stateless or empty (no advertisements).
  std::string ra_mode;
  std::int64_t mtu = 1442;
};

struct FloatingIp {
  std::string id, floating_ip, fixed_ip, port_id;
};

struct Router {
  std::string id, name;
  bool admin_up = true;
  std::vector<RouterInterface> interfaces;
  std::optional<RouterInterface> gateway;
  std::vector<std::string> gateway_nexthops;  // the external subnets' gateways
  bool snat = true;
  std::vector<std::string> snat_cidrs;  // tenant IPv4 subnets behind it
  std::vector<HostRoute> routes;
  std::vector<FloatingIp> floating_ips;  // those with a fixed IP
};

struct SecurityGroupRule {
  std::string id;
  bool ingress = true;
  int ethertype = 4;                      // 4 or 6
  std::string protocol;                   // "tcp", "udp", "icmp", "icmpv6", a number, or empty: any
  std::optional<int> port_min, port_max;  // ICMP: type and code
  std::string remote_ip_prefix;           // empty: any
  std::string remote_group_id;
};

struct SecurityGroup {
  std::string id, name;
  std::vector<SecurityGroupRule> rules;
};

enum class Kind { network, port, router, security_group };

struct Object {
  Kind kind;
  std::string id;
  auto operator<=>(const Object&) const = default;
};

// What the driver tells by itself.
// What a handler throws (a full disk) is logged, and the same is told again after kTellAgain:
// nobody else remembers it.
inline constexpr std::chrono::milliseconds kTellAgain{500};
struct Events {
  std::function<void(const std::string& port_id, bool up)> port_up;
  // Somebody else changed or removed what belongs to this object: put it again.
  std::function<void(const Object&)> drifted;
};

// What is plugged on one host. Safe from any thread. Throws Error; may be repeated.
class HostDriver {
 public:
  virtual ~HostDriver() = default;

  // Makes the tap device for a port and attaches it to the integration bridge; returns the tap's
  // name ("tap" + first 11 of the id).
  virtual std::string plug(const Port& port, std::int64_t mtu) = 0;
  virtual void unplug(const std::string& port_id) = 0;
  virtual std::vector<std::string> list_plugged() = 0;  // port ids
};

// What guests on one host reach at 169.254.169.254. Safe from any thread. Throws Error.
class MetadataDriver {
 public:
  virtual ~MetadataDriver() = default;

  // A TCP socket listening on 169.254.169.254:80 inside the network; the caller owns it. Repeating
  // gives a new socket on the same address.
  virtual int open_metadata_socket(const Network& network) = 0;
  virtual void close_metadata(const std::string& network_id) = 0;
  virtual std::vector<std::string> list_metadata() = 0;  // network ids with a namespace here
};

// The network of all hosts (the logical part) and of this host (its bases). `put` makes the world
// equal to the object given, whatever it was before; `remove` of the absent is fine. Both return
// when the northbound database has it (not when every host has). An object may name others that do
// not exist yet (a port of an unknown network is an Error; an unknown security group waits). Two
// ports are nothing by themselves: a floating IP's (network:floatingip) has no row anywhere, and
// the metadata port (network:distributed) comes and goes with its network, whose put() makes it;
// put() and remove() of them do nothing, list() names neither. Throws Error; may be repeated. Calls
// come from one thread at a time.
class Driver : public HostDriver, public MetadataDriver {
 public:
  virtual void put(const Network&) = 0;
  virtual void put(const Port&) = 0;
  virtual void put(const Router&) = 0;
  virtual void put(const SecurityGroup&) = 0;
  virtual void remove(const Object&) = 0;
  // All that carries our mark, for start-up repair and `haneul doctor`.
  virtual std::vector<Object> list() = 0;

  // Set once, before work begins; called from the driver's thread; must not call back. The present
  // state of every port is told first (a port may have come up while nobody listened), then
  // changes.
  virtual void on_events(Events events) = 0;
};

}  // namespace haneul::net
