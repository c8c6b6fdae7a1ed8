#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "access/caller.h"
#include "config/option.h"
#include "drivers/net/driver.h"
#include "resource/table.h"
#include "resource/world.h"

namespace haneul::access {
class Policy;
}

namespace haneul::neutron {

// What a project may have unless it has a limit of its own; -1 is no limit.
// upstream: openstack/neutron:neutron/conf/quota.py
struct QuotaOptions {
  std::int64_t network = 100, subnet = 100, subnetpool = -1, port = 500, router = 10;
  std::int64_t floatingip = 50, security_group = 10, security_group_rule = 100, rbac_policy = 10;
};

struct Options {
  std::vector<std::string> physical_networks{
      "physnet1"};                          // names that flat and VLAN networks may use
  std::int64_t mtu = 1500;                  // of the wire between hosts
  std::int64_t tunnel_overhead_bytes = 58;  // outer IPv4 header and Geneve with OVN's options
  std::string dns_domain = "openstacklocal.";
  std::int64_t fixed_ips_per_port_max = 5;
  std::int64_t nameservers_per_subnet_max = 5;
  std::int64_t host_routes_per_subnet_max = 20;
  std::int64_t routes_per_router_max = 30;
  std::int64_t agent_down_seconds = 75;
  QuotaOptions quotas;
};
std::vector<config::Section> sections(Options& values);

// What every part of Neutron works with; lives as long as the program.
struct Context {
  const resource::World& world;
  const Options& options;
  const access::Policy& policy;
  // Told, in the transaction, of a device whose ports' addresses changed; see on_device_change.
  std::function<void(db::Transaction&, const std::string& device_id)> device_changed = {};
  // The sync flow was woken and has not looked yet: no need to wake it again.
  mutable std::atomic<bool> is_woken{false};

  Instant now() const { return world.clock.now().truncated(); }
  bool is_admin(const access::Caller& caller) const;
};

// The driver must be told of this object once the transaction commits.
void mark_dirty(db::Transaction& tx, const Context& context, net::Kind kind, std::string_view id);

// The port's addresses, inside or out, change in this transaction: its server wants to know.
void note_port(db::Transaction& tx, const Context& context, std::string_view port_id);

// Adds to (or, negative, takes from) what a project uses without asking its limit: ports that
// Neutron makes for itself.
void count_usage(db::Transaction& tx, const Context& context, std::string_view project,
                 std::string_view resource, std::int64_t amount);

// Takes quota or throws OverQuota.
void take_quota(db::Transaction& tx, const Context& context, std::string_view project,
                std::string_view resource, std::int64_t amount);

// The subject of the one flow that tells the driver.
constexpr std::string_view kSyncSubject = "network-sync";
void wake_sync(const Context& context);

}  // namespace haneul::neutron
