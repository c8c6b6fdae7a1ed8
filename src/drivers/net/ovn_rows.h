#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/net/driver.h"
#include "drivers/net/ovsdb_value.h"

// Northbound rows as Neutron's ML2/OVN driver writes them, so that an operator feels at home.
// Pure functions.
namespace haneul::net::ovn {

inline constexpr std::string_view kDropGroup = "neutron_pg_drop";

// upstream: openstack/neutron:neutron/common/ovn/utils.py
std::string switch_name(std::string_view network_id);         // neutron-<id>; also of routers
std::string router_port_name(std::string_view port_id);       // lrp-<id>
std::string provider_port_name(std::string_view network_id);  // provnet-<id>
std::string port_group_name(std::string_view group_id);       // pg_<id with _ for ->

// Ports of routers, made as such in the switch.
bool is_router_port(const Port& port);
// Ports that have no row of their own: a floating IP's, and the metadata port, which comes with
// its network.
bool is_unseen(const Port& port);

ovsdb::Row switch_row(const Network& network);
ovsdb::Row provider_port_row(const Network& network);
ovsdb::Row metadata_port_row(const Network& network);
// Nothing where no DHCP is wanted or OVN could not answer.
std::optional<ovsdb::Row> dhcp_row(const Network& network, const Subnet& subnet);
// Without its dhcpv4_options and dhcpv6_options.
ovsdb::Row port_row(const Port& port);
// The security groups whose port groups hold the port.
std::vector<std::string> groups_of(const Port& port);
// The same, read back from a row.
std::vector<std::string> groups_of(const ovsdb::Row& port_row);
// Whether the drop group holds the port.
bool is_filtered(const ovsdb::Row& port_row);

ovsdb::Row port_group_row(const SecurityGroup& group);
// Throws Error for a protocol nobody knows.
ovsdb::Row acl_row(const SecurityGroup& group, const SecurityGroupRule& rule);
std::string acl_key(const ovsdb::Row& row);  // the rule's id
std::string acl_match(const SecurityGroup& group, const SecurityGroupRule& rule);
// Both by direction.
std::map<std::string, ovsdb::Row> drop_acl_rows();
std::string drop_acl_key(const ovsdb::Row& row);

ovsdb::Row router_row(const Router& router);
// Without its gateway_chassis.
ovsdb::Row router_port_row(const Router& router, const RouterInterface& interface, bool is_gateway);
std::string name_key(const ovsdb::Row& row);  // of anything that has a name
// By name; those listed first are preferred.
std::map<std::string, ovsdb::Row> gateway_chassis_rows(const RouterInterface& gateway,
                                                       const std::vector<std::string>& chassis);
std::map<std::string, ovsdb::Row> nat_rows(const Router& router);
std::string nat_key(const ovsdb::Row& row);
std::map<std::string, ovsdb::Row> route_rows(const Router& router);
std::string route_key(const ovsdb::Row& row);

}  // namespace haneul::net::ovn
