#include "services/nova/security_group.h"

#include <fmt/format.h>

#include "json/writer.h"

namespace haneul::nova {
namespace {

using resource::Call;

constexpr int kGoneSince = 36;

// Ports as Nova's own rules once had them.
// upstream: openstack/nova:nova/network/security_group_api.py
// (_convert_to_nova_security_group_rule)
void write_ports(json::Writer& w, const net::SecurityGroupRule& r) {
  const bool whole = !r.protocol.empty() && !r.port_min && !r.port_max;
  const bool counted = r.protocol == "tcp" || r.protocol == "udp";
  const auto port = [](const std::optional<int>& p) {
    return p ? std::optional<std::int64_t>(*p) : std::nullopt;
  };
  w.member("from_port", whole ? std::optional<std::int64_t>(counted ? 1 : -1) : port(r.port_min));
  w.member("to_port",
           whole ? std::optional<std::int64_t>(counted ? 65'535 : -1) : port(r.port_max));
}

void write_rule(json::Writer& w, Cloud& cloud, db::Session& session, const std::string& project,
                const std::string& group, const net::SecurityGroupRule& r) {
  w.begin_object().member("id", r.id).member("parent_group_id", group);
  w.key("ip_protocol");
  r.protocol.empty() ? w.null() : w.value(r.protocol);
  write_ports(w, r);
  w.key("group").begin_object();
  if (!r.remote_group_id.empty()) {
    const auto other = cloud.neutron.security_group_wiring(session, r.remote_group_id);
    w.member("name", other ? other->name : "").member("tenant_id", project);
  }
  w.end_object().key("ip_range").begin_object();
  if (r.remote_group_id.empty()) {
    const std::string any = r.ethertype == 4 ? "0.0.0.0/0" : "::/0";
    w.member("cidr", r.remote_ip_prefix.empty() ? any : r.remote_ip_prefix);
  }
  w.end_object().end_object();
}

void write_one(json::Writer& w, const Call& call, Cloud& cloud, db::Session& session,
               const neutron::SecurityGroupFacts& facts) {
  const auto group = cloud.neutron.security_group_wiring(session, facts.id);
  write_security_group(w, cloud, session, group.value_or(net::SecurityGroup{}),
                       call.caller().project_id.text, facts.description);
}

void pass(const Call& call, std::string_view rule) {
  if (call.since(kGoneSince)) throw call.dialect().no_such_path();
  call.enforce(rule);
}

http::Response list_security_groups(Call& call, Cloud& cloud) {
  pass(call, "os_compute_api:os-security-groups:get");
  return call.db().read([&](db::Session& session) {
    json::Writer w;
    w.begin_object().key("security_groups").begin_array();
    for (const auto& facts : cloud.neutron.security_groups(session, call.caller(), "")) {
      write_one(w, call, cloud, session, facts);
    }
    w.end_array().end_object();
    return http::Response::json(200, w.take());
  });
}

http::Response show_security_group(Call& call, Cloud& cloud) {
  pass(call, "os_compute_api:os-security-groups:show");
  return call.db().read([&](db::Session& session) {
    const std::string& id = call.param("id");
    const auto found = cloud.neutron.security_groups(session, call.caller(), id);
    if (found.empty() || found.front().id != id) {
      throw Fault::not_found(fmt::format("Security group {} not found.", id));
    }
    json::Writer w;
    w.begin_object().key("security_group");
    write_one(w, call, cloud, session, found.front());
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

}  // namespace

void write_security_group(json::Writer& w, Cloud& cloud, db::Session& session,
                          const net::SecurityGroup& group, const std::string& project,
                          const std::string& description) {
  w.begin_object().member("id", group.id).member("name", group.name);
  w.member("description", description).member("tenant_id", project).key("rules").begin_array();
  for (const auto& rule : group.rules) {
    if (rule.ingress) write_rule(w, cloud, session, project, group.id, rule);
  }
  w.end_array().end_object();
}

void add_security_group_routes(resource::Service& s, Cloud& cloud) {
  const std::string all = "/v2.1/os-security-groups";
  s.route("GET", all, [&cloud](Call& c) { return list_security_groups(c, cloud); });
  s.route("GET", all + "/{id}", [&cloud](Call& c) { return show_security_group(c, cloud); });
}

}  // namespace haneul::nova
