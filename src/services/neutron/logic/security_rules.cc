#include "services/neutron/logic/security_rules.h"

#include <fmt/format.h>

#include "base/text.h"
#include "services/neutron/errors.h"
#include "services/neutron/logic/ip.h"

namespace haneul::neutron {
namespace {

struct Protocol {
  std::string_view name;
  int number;
};
constexpr Protocol kProtocols[] = {
    {"ah", 51},         {"dccp", 33},       {"egp", 8},        {"esp", 50},      {"gre", 47},
    {"hopopt", 0},      {"icmp", 1},        {"igmp", 2},       {"ip", 0},        {"ipip", 4},
    {"ipv6-encap", 41}, {"ipv6-frag", 44},  {"ipv6-icmp", 58}, {"icmpv6", 58},   {"ipv6-nonxt", 59},
    {"ipv6-opts", 60},  {"ipv6-route", 43}, {"ospf", 89},      {"pgm", 113},     {"rsvp", 46},
    {"sctp", 132},      {"tcp", 6},         {"udp", 17},       {"udplite", 136}, {"vrrp", 112},
};

[[noreturn]] void refuse(std::string_view type, std::string message) {
  throw Fault::bad_request(std::move(message)).named(std::string(type));
}

std::string protocol_list() {
  std::string out = "[None";
  for (const Protocol& p : kProtocols) out += fmt::format(", '{}'", p.name);
  return out + "]";
}

[[noreturn]] void unknown_protocol(const json::Value& value) {
  refuse("SecurityGroupRuleInvalidProtocol",
         fmt::format("Security group rule protocol {} not supported. Only protocol values {} and "
                     "integer representations [0 to 255] are supported.",
                     shown(value), protocol_list()));
}

// -1 for any.
int number_of(const std::optional<std::string>& protocol_name) {
  if (!protocol_name) return -1;
  if (const auto number = parse_int(*protocol_name)) return static_cast<int>(*number);
  for (const Protocol& p : kProtocols) {
    if (p.name == *protocol_name) return p.number;
  }
  return -1;
}

bool is_v6_only(int number) {
  return number == 41 || number == 43 || number == 44 || number == 58 || number == 59 ||
         number == 60;
}

void make_canonical(SecurityGroupRule& r) {
  if (r.ethertype == "IPv6" && r.protocol) {
    if (*r.protocol == "icmp" || *r.protocol == "icmpv6") r.protocol = "ipv6-icmp";
    if (*r.protocol == "1") r.protocol = "58";
  }
  const int number = number_of(r.protocol);
  const bool whole = r.port_range_min == 1 && r.port_range_max == 65'535;
  if (whole && number != 1 && number != 58) r.port_range_min = r.port_range_max = std::nullopt;
}

void check_icmp(const SecurityGroupRule& r) {
  const auto check = [](const std::optional<std::int64_t>& v, std::string_view attribute,
                        std::string_view name) {
    if (!v || (*v >= 0 && *v <= 255)) return;
    refuse("SecurityGroupInvalidIcmpValue",
           fmt::format("Invalid value for ICMP {} ({}) {}. It must be 0 to 255.", name, attribute,
                       *v));
  };
  check(r.port_range_min, "port_range_min", "type");
  check(r.port_range_max, "port_range_max", "code");
  if (!r.port_range_min && r.port_range_max) {
    refuse("SecurityGroupMissingIcmpType",
           fmt::format("ICMP code (port-range-max) {} is provided but ICMP type (port-range-min) "
                       "is missing.",
                       *r.port_range_max));
  }
}

void check_ports(const SecurityGroupRule& r) {
  if (!r.port_range_min && !r.port_range_max) return;
  if (!r.protocol) {
    refuse("SecurityGroupProtocolRequiredWithPorts",
           "Must also specify protocol if port range is given.");
  }
  const int number = number_of(r.protocol);
  if (number == 1 || number == 58) return check_icmp(r);
  const bool has_ports =
      number == 6 || number == 17 || number == 33 || number == 132 || number == 136;
  if (!has_ports) {
    refuse("SecurityGroupInvalidProtocolForPort",
           fmt::format("Ports cannot be specified for protocol {}. Ports are only supported for "
                       "DCCP, SCTP, TCP, UDP, UDPLITE.",
                       *r.protocol));
  }
  if (r.port_range_min == 0 || r.port_range_max == 0) {
    refuse("SecurityGroupInvalidPortValue", "Invalid value for port 0");
  }
  const bool ordered =
      r.port_range_min && r.port_range_max && *r.port_range_min <= *r.port_range_max;
  if (ordered) return;
  refuse("SecurityGroupInvalidPortRange",
         "For TCP/UDP protocols, port_range_min must be <= port_range_max");
}

void check_prefix(SecurityGroupRule& r) {
  if (!r.remote_ip_prefix) return;
  const auto prefix = parse_prefix(*r.remote_ip_prefix);
  const std::string family = prefix->address.version == 4 ? "IPv4" : "IPv6";
  if (family != r.ethertype) {
    refuse("SecurityGroupRuleParameterConflict",
           fmt::format("Conflicting value ethertype {} for CIDR {}", r.ethertype,
                       *r.remote_ip_prefix));
  }
  r.normalized_cidr = network_text(*prefix);
}

bool is_everything(const std::optional<std::string>& prefix) {
  return !prefix || *prefix == "0.0.0.0/0" || *prefix == "::/0";
}

}  // namespace

Refusal protocol(json::Value& value) {
  if (value.is_null() || (value.text() && (*value.text() == "any" || value.text()->empty()))) {
    value = nullptr;
    return std::nullopt;
  }
  const auto number = value.integer() ? std::optional(*value.integer())
                                      : (value.text() ? parse_int(*value.text()) : std::nullopt);
  if (number) {
    if (*number < 0 || *number > 255) unknown_protocol(value);
    value = std::to_string(*number);
    return std::nullopt;
  }
  if (!value.text()) unknown_protocol(value);
  const std::string name = lower(*value.text());
  for (const Protocol& p : kProtocols) {
    if (p.name != name) continue;
    value = name;
    return std::nullopt;
  }
  unknown_protocol(value);
}

Refusal port_number(json::Value& value) {
  if (value.is_null()) return std::nullopt;
  const auto number = value.integer() ? std::optional(*value.integer())
                                      : (value.text() ? parse_int(*value.text()) : std::nullopt);
  if (!number || *number < 0 || *number > 65'535) {
    refuse("SecurityGroupInvalidPortValue", fmt::format("Invalid value for port {}", shown(value)));
  }
  value = *number;
  return std::nullopt;
}

Refusal ethertype(json::Value& value) {
  const std::string given = shown(value);
  for (const std::string_view known : {"IPv4", "IPv6"}) {
    if (!value.text() || !iequals(given, known)) continue;
    value = known;
    return std::nullopt;
  }
  refuse("SecurityGroupRuleInvalidEtherType",
         fmt::format("Security group rule for ethertype '{}' not supported. Allowed values are "
                     "['IPv4', 'IPv6'].",
                     given));
}

Refusal direction(json::Value& value) {
  if (value.text() && (*value.text() == "ingress" || *value.text() == "egress"))
    return std::nullopt;
  return fmt::format("'{}' is not in ['ingress', 'egress']", shown(value));
}

Refusal remote_prefix(json::Value& value) {
  if (value.is_null() || (value.text() && value.text()->empty())) {
    value = nullptr;
    return std::nullopt;
  }
  const auto prefix = value.text() ? parse_prefix(*value.text()) : std::nullopt;
  if (!prefix) {
    refuse("InvalidCIDR", fmt::format("Invalid CIDR {} given as IP prefix.", shown(value)));
  }
  value = to_text(*prefix);
  return std::nullopt;
}

Refusal group_name(json::Value& value) {
  if (auto refusal = check_text(value, 255)) return refusal;
  if (!iequals(*value.text(), "default")) return std::nullopt;
  throw Fault::conflict("Default security group already exists.")
      .named("SecurityGroupDefaultAlreadyExists");
}

void check_rule(SecurityGroupRule& r) {
  make_canonical(r);
  check_ports(r);
  check_prefix(r);
  if (r.ethertype == "IPv4" && is_v6_only(number_of(r.protocol))) {
    refuse("SecurityGroupEthertypeConflictWithProtocol",
           fmt::format("Invalid ethertype {} for protocol {}.", r.ethertype, *r.protocol));
  }
  const int remotes = r.remote_ip_prefix.has_value() + r.remote_group_id.has_value() +
                      r.remote_address_group_id.has_value();
  if (remotes > 1) {
    refuse("SecurityGroupMultipleRemoteEntites",
           "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be "
           "provided.");
  }
}

bool is_same_rule(const SecurityGroupRule& a, const SecurityGroupRule& b) {
  const bool same_prefix = a.remote_ip_prefix == b.remote_ip_prefix ||
                           (is_everything(a.remote_ip_prefix) && is_everything(b.remote_ip_prefix));
  return same_prefix && a.direction == b.direction && a.ethertype == b.ethertype &&
         a.port_range_min == b.port_range_min && a.port_range_max == b.port_range_max &&
         number_of(a.protocol) == number_of(b.protocol) && a.remote_group_id == b.remote_group_id &&
         a.remote_address_group_id == b.remote_address_group_id &&
         a.security_group_id == b.security_group_id;
}

}  // namespace haneul::neutron
