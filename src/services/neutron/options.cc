#include "services/neutron/neutron.h"

namespace haneul::neutron {
namespace {

using config::option;
using config::options;

constexpr auto kOptions = options(
    option<&Options::mtu>("global_physnet_mtu")
        .range(68, 65'535)
        .help("MTU of the wire between hosts."),
    option<&Options::tunnel_overhead_bytes>("tunnel_overhead_bytes")
        .range(0, 256)
        .help("What a tunnel's headers take of it."),
    option<&Options::dns_domain>("dns_domain").help("Domain of ports' names; ends with a dot."),
    option<&Options::fixed_ips_per_port_max>("max_fixed_ips_per_port")
        .range(1, 1000)
        .help("Addresses of one port."),
    option<&Options::nameservers_per_subnet_max>("max_dns_nameservers")
        .range(0, 100)
        .help("DNS servers of one subnet."),
    option<&Options::host_routes_per_subnet_max>("max_subnet_host_routes")
        .range(0, 1000)
        .help("Host routes of one subnet."),
    option<&Options::routes_per_router_max>("max_routes")
        .range(0, 1000)
        .help("Extra routes of one router."),
    option<&Options::agent_down_seconds>("agent_down_time")
        .range(1, 1e6)
        .help("Seconds without a word after which an agent counts as down."));

constexpr auto kQuotas =
    options(option<&QuotaOptions::network>("quota_network").range(-1, 1e9),
            option<&QuotaOptions::subnet>("quota_subnet").range(-1, 1e9),
            option<&QuotaOptions::subnetpool>("quota_subnetpool").range(-1, 1e9),
            option<&QuotaOptions::port>("quota_port").range(-1, 1e9),
            option<&QuotaOptions::router>("quota_router").range(-1, 1e9),
            option<&QuotaOptions::floatingip>("quota_floatingip").range(-1, 1e9),
            option<&QuotaOptions::security_group>("quota_security_group").range(-1, 1e9),
            option<&QuotaOptions::security_group_rule>("quota_security_group_rule").range(-1, 1e9),
            option<&QuotaOptions::rbac_policy>("quota_rbac_policy").range(-1, 1e9));

}  // namespace

std::vector<config::Section> sections(Options& values) {
  return {{"neutron", kOptions, &values}, {"neutron.quotas", kQuotas, &values.quotas}};
}

}  // namespace haneul::neutron
