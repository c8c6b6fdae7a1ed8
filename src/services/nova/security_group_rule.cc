#include "services/nova/security_group_rule.h"

#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"
#include "services/nova/security_group.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Form;

constexpr std::string_view kRules = "/v2.0/security-group-rules";

std::string upper_case(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

// A rule in the words of this API; nothing if it is not of the ingress.
struct Rule {
  std::string id, parent, protocol, group, cidr;
  std::optional<std::int64_t> from, to;

  bool same(const Rule& r) const {
    return protocol == r.protocol && group == r.group && cidr == r.cidr && from == r.from &&
           to == r.to;
  }
};

std::optional<std::int64_t> integer_at(const json::Value& value, std::string_view key) {
  const json::Value* found = value.at({key});
  if (!found || !found->integer()) return std::nullopt;
  return *found->integer();
}

Rule rule_of(const json::Value& v) {
  Rule r{.id = text_at(v, "id"),
         .parent = text_at(v, "security_group_id"),
         .protocol = text_at(v, "protocol"),
         .group = text_at(v, "remote_group_id"),
         .cidr = text_at(v, "remote_ip_prefix"),
         .from = integer_at(v, "port_range_min"),
         .to = integer_at(v, "port_range_max")};
  if (!r.protocol.empty() && !r.from && !r.to) {
    const bool ports = lower(r.protocol) == "tcp" || lower(r.protocol) == "udp";
    r.from = ports ? 1 : -1, r.to = ports ? 65535 : -1;
  }
  if (r.cidr.empty()) r.cidr = "0.0.0.0/0";
  return r;
}

std::vector<Rule> rules_of(const json::Value& group) {
  std::vector<Rule> rules;
  for (const json::Value& v : array_at(group, "security_group_rules")) {
    if (text_at(v, "direction") == "ingress") rules.push_back(rule_of(v));
  }
  return rules;
}

// Nothing is written of a rule whose remote group is gone.
void write_rule(json::Writer& w, Call& call, const Proxy& neutron, const Rule& r) {
  json::Value remote;
  if (!r.group.empty()) {
    try {
      remote = find_security_group(call, neutron, r.group);
    } catch (const Fault& fault) {
      if (fault.kind() != Fault::Kind::not_found) throw;
      return;
    }
  }
  w.begin_object().member("id", r.id).member("parent_group_id", r.parent);
  w.key("ip_protocol");
  r.protocol.empty() ? w.null() : w.value(r.protocol);
  w.member("from_port", r.from).member("to_port", r.to);
  w.key("group").begin_object();
  if (!r.group.empty()) {
    w.member("name", text_at(remote, "name")).member("tenant_id", text_at(remote, "tenant_id"));
  }
  w.end_object().key("ip_range").begin_object();
  if (r.group.empty()) w.member("cidr", r.cidr);
  w.end_object().end_object();
}

// A port, or ICMP's type or code: a number, or one in words.
std::optional<std::int64_t> read_port(Form& form, std::string_view key, bool icmp) {
  const json::Value* value = form.any(key);
  if (!value || value->is_null()) return std::nullopt;
  if (value->integer()) return *value->integer();
  const auto n = value->text() ? parse_int(*value->text()) : std::nullopt;
  if (n) return *n;
  throw Fault::bad_request(icmp ? "Invalid input received: Type and Code must be integers for ICMP "
                                  "protocol type"
                                : "Invalid input received: To and From ports must be integers");
}

void check_range(const Rule& r, bool icmp) {
  const auto bad = [&](std::string_view why) {
    return Fault::bad_request(fmt::format("Invalid port range {}:{}. {}", *r.from, *r.to, why));
  };
  if (icmp) {
    if (*r.from < -1 || *r.from > 255 || *r.to < -1 || *r.to > 255)
      throw bad("For ICMP, the type:code must be valid");
    return;
  }
  if (*r.from > *r.to) throw bad("Former value cannot be greater than the later");
  if (*r.from < 1 || *r.to > 65535)
    throw bad(fmt::format("Valid {} ports should be between 1-65535", upper_case(r.protocol)));
}

// upstream: openstack/nova:nova/network/security_group_api.py (_new_ingress_rule)
Rule read_rule(Form& form) {
  const auto text = [&](std::string_view key) {
    const json::Value* v = form.any(key);
    if (v && !v->text() && !v->is_null()) {
      throw Fault::bad_request(fmt::format("Invalid {} {}.", key, json::dump(*v)));
    }
    return v && v->text() ? *v->text() : std::string();
  };
  Rule r{.id = {},
         .parent = text("parent_group_id"),
         .protocol = text("ip_protocol"),
         .group = text("group_id"),
         .cidr = text("cidr"),
         .from = {},
         .to = {}};
  const std::string protocol = upper_case(r.protocol);
  const bool icmp = protocol == "ICMP", ports = protocol == "TCP" || protocol == "UDP";
  r.from = read_port(form, "from_port", icmp), r.to = read_port(form, "to_port", icmp);
  if (!r.group.empty() && !r.from && !r.to) {
    if (icmp) r.from = r.to = -1;
    if (ports) r.from = 1, r.to = 65535;
  }
  if (r.group.empty() && r.cidr.empty()) r.cidr = "0.0.0.0/0";
  if (!r.protocol.empty() && r.from && r.to) {
    if (!icmp && !ports) {
      throw Fault::bad_request(fmt::format("Invalid IP protocol {}.", r.protocol));
    }
    check_range(r, icmp);
  } else if (r.group.empty()) {
    throw Fault::bad_request("Not enough parameters to build a valid rule.");
  } else {
    r.protocol.clear(), r.from.reset(), r.to.reset();
  }
  return r;
}

std::string neutron_body(const Rule& r) {
  json::Writer w;
  w.begin_object().key("security_group_rule").begin_object();
  w.member("direction", "ingress").member("security_group_id", r.parent);
  if (!r.protocol.empty()) w.member("protocol", lower(r.protocol));
  if (r.from && *r.from != -1) w.member("port_range_min", *r.from);
  if (r.to && *r.to != -1) w.member("port_range_max", *r.to);
  const bool v6 = r.cidr.find(':') != std::string::npos;
  w.member("ethertype", v6 ? "IPv6" : "IPv4");
  r.group.empty() ? w.member("remote_ip_prefix", r.cidr) : w.member("remote_group_id", r.group);
  w.end_object().end_object();
  return w.take();
}

http::Response create_rule(Call& call, const Proxy& neutron) {
  begin_proxied(call, "os_compute_api:os-security-groups:rule:create");
  const json::Value* sent = call.body().at({"security_group_rule"});
  if (!sent || sent->is_null()) throw Fault::bad_request("Missing parameter security_group_rule");
  Form form = call.form("security_group_rule", true);
  const json::Value* parent = form.any("parent_group_id");
  const auto group =
      find_security_group(call, neutron, parent && parent->text() ? *parent->text() : "");
  Rule asked = read_rule(form);
  if (!asked.group.empty()) find_security_group(call, neutron, asked.group);
  Rule compared = asked;
  if (compared.cidr.empty()) compared.cidr = "0.0.0.0/0";
  compared.protocol = lower(compared.protocol);
  for (const Rule& r : rules_of(group)) {
    if (r.same(compared)) {
      throw Fault::bad_request(fmt::format("This rule already exists in group {}", asked.parent));
    }
  }
  const auto made = neutron.send(call, "POST", std::string(kRules), neutron_body(asked));
  json::Writer w;
  w.begin_object().key("security_group_rule");
  write_rule(w, call, neutron, rule_of(*made.at({"security_group_rule"})));
  w.end_object();
  return http::Response::json(200, w.take());
}

http::Response delete_rule(Call& call, const Proxy& neutron) {
  begin_proxied(call, "os_compute_api:os-security-groups:rule:delete");
  neutron.send(call, "DELETE", neutron_path(kRules, call.param("id")));
  return http::Response::empty(202);
}

}  // namespace

void write_security_group_rules(json::Writer& w, Call& call, const Proxy& neutron,
                                const json::Value& group) {
  for (const Rule& r : rules_of(group)) write_rule(w, call, neutron, r);
}

void add_security_group_rule_routes(resource::Service& s, const Proxy& neutron) {
  s.route("POST", "/v2.1/os-security-group-rules",
          [&neutron](Call& c) { return create_rule(c, neutron); });
  s.route("DELETE", "/v2.1/os-security-group-rules/{id}",
          [&neutron](Call& c) { return delete_rule(c, neutron); });
}

}  // namespace haneul::nova
