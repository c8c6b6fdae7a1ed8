#include <array>
#include <utility>

#include "base/text.h"
#include "drivers/net/ovn_rows.h"

// Security groups as port groups and their rules as ACLs.
// upstream: openstack/neutron:neutron/common/ovn/acl.py
namespace haneul::net::ovn {
namespace {

using ovsdb::Datum;
using ovsdb::Row;

constexpr std::int64_t kDropPriority = 1001;
constexpr std::int64_t kAllowPriority = 1002;
constexpr std::string_view kRuleKey = "neutron:security_group_rule_id";

// upstream: openstack/neutron-lib:neutron_lib/constants.py (IP_PROTOCOL_MAP)
constexpr std::array<std::pair<std::string_view, int>, 19> kProtocols = {{
    {"ah", 51},        {"dccp", 33},       {"egp", 8},        {"esp", 50},
    {"gre", 47},       {"hopopt", 0},      {"igmp", 2},       {"ip", 0},
    {"ipip", 4},       {"ipv6-encap", 41}, {"ipv6-frag", 44}, {"ipv6-nonxt", 59},
    {"ipv6-opts", 60}, {"ipv6-route", 43}, {"ospf", 89},      {"pgm", 113},
    {"rsvp", 46},      {"udplite", 136},   {"vrrp", 112},
}};

// tcp, udp, sctp, icmp or a number.
std::string protocol_of(const SecurityGroupRule& rule) {
  const std::string& given = rule.protocol;
  if (given == "6" || given == "tcp") return "tcp";
  if (given == "17" || given == "udp") return "udp";
  if (given == "132" || given == "sctp") return "sctp";
  if (given == "icmp" || given == "1") return "icmp";
  if (given == "icmpv6" || given == "ipv6-icmp" || given == "58") return "icmp";
  for (const auto& [name, number] : kProtocols) {
    if (name == given) return std::to_string(number);
  }
  const auto number = parse_int(given);
  if (!number || *number < 0 || *number > 255) {
    throw Error("security group rule " + rule.id + ": no protocol is called " + given);
  }
  return std::to_string(*number);
}

std::string icmp_match(const SecurityGroupRule& rule) {
  const std::string name = rule.ethertype == 6 ? "icmp6" : "icmp4";
  std::string match = " && " + name;
  if (rule.port_min) match += " && " + name + ".type == " + std::to_string(*rule.port_min);
  if (rule.port_max) match += " && " + name + ".code == " + std::to_string(*rule.port_max);
  return match;
}

std::string port_match(const std::string& protocol, const SecurityGroupRule& rule) {
  std::string match = " && " + protocol;
  if (!rule.port_min && !rule.port_max) return match;
  const std::string field = " && " + protocol + ".dst ";
  if (rule.port_min == rule.port_max) return match + field + "== " + std::to_string(*rule.port_min);
  if (rule.port_min) match += field + ">= " + std::to_string(*rule.port_min);
  if (rule.port_max) match += field + "<= " + std::to_string(*rule.port_max);
  return match;
}

std::string protocol_match(const SecurityGroupRule& rule) {
  if (rule.protocol.empty()) return {};
  const std::string protocol = protocol_of(rule);
  if (protocol == "icmp") return icmp_match(rule);
  if (protocol == "tcp" || protocol == "udp" || protocol == "sctp") {
    return port_match(protocol, rule);
  }
  return " && ip.proto == " + protocol;
}

Row acl(std::string_view direction, std::int64_t priority, std::string action, std::string match) {
  return {{"direction", Datum::of(std::string(direction))},
          {"priority", Datum::number(priority)},
          {"action", Datum::of(std::move(action))},
          {"match", Datum::of(std::move(match))}};
}

}  // namespace

std::string acl_match(const SecurityGroup& group, const SecurityGroupRule& rule) {
  const std::string family = rule.ethertype == 6 ? "ip6" : "ip4";
  const std::string peer = family + (rule.ingress ? ".src == " : ".dst == ");
  std::string match = rule.ingress ? "outport == @" : "inport == @";
  match += port_group_name(group.id) + " && " + family;
  if (!rule.remote_ip_prefix.empty()) match += " && " + peer + rule.remote_ip_prefix;
  if (!rule.remote_group_id.empty()) {
    match += " && " + peer + "$" + port_group_name(rule.remote_group_id) + "_" + family;
  }
  return match + protocol_match(rule);
}

Row port_group_row(const SecurityGroup& group) {
  return {{"name", Datum::of(port_group_name(group.id))},
          {"external_ids", Datum::map({{"neutron:security_group_id", group.id},
                                       {"neutron:security_group_name", group.name}})}};
}

Row acl_row(const SecurityGroup& group, const SecurityGroupRule& rule) {
  Row row = acl(rule.ingress ? "to-lport" : "from-lport", kAllowPriority, "allow-related",
                acl_match(group, rule));
  row["external_ids"] = Datum::map({{std::string(kRuleKey), rule.id}});
  return row;
}

std::string acl_key(const Row& row) {
  return std::string(ovsdb::text_of(row, "external_ids", kRuleKey));
}

std::map<std::string, Row> drop_acl_rows() {
  const std::string group(kDropGroup);
  return {
      {"to-lport", acl("to-lport", kDropPriority, "drop", "outport == @" + group + " && ip")},
      {"from-lport", acl("from-lport", kDropPriority, "drop", "inport == @" + group + " && ip")}};
}

std::string drop_acl_key(const Row& row) {
  return std::string(ovsdb::text_of(row, "direction"));
}

}  // namespace haneul::net::ovn
