#include "services/nova/server_security_group.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/neutron/neutron.h"
#include "services/nova/networking.h"
#include "services/nova/server_actions.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Form;

json::Array names_of(const Server& s) {
  return *json::parse(s.security_groups)->array();
}

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

void write_rule(json::Writer& w, Cloud& cloud, db::Session& session, const Server& s,
                const std::string& group, const net::SecurityGroupRule& r) {
  w.begin_object().member("id", r.id).member("parent_group_id", group);
  w.key("ip_protocol");
  r.protocol.empty() ? w.null() : w.value(r.protocol);
  write_ports(w, r);
  w.key("group").begin_object();
  if (!r.remote_group_id.empty()) {
    const auto other = cloud.neutron.security_group_wiring(session, r.remote_group_id);
    w.member("name", other ? other->name : "").member("tenant_id", s.project_id);
  }
  w.end_object().key("ip_range").begin_object();
  if (r.remote_group_id.empty()) {
    const std::string any = r.ethertype == 4 ? "0.0.0.0/0" : "::/0";
    w.member("cidr", r.remote_ip_prefix.empty() ? any : r.remote_ip_prefix);
  }
  w.end_object().end_object();
}

std::vector<std::string> group_ids(const std::vector<neutron::PortFacts>& ports) {
  std::vector<std::string> ids;
  for (const auto& port : ports)
    ids.insert(ids.end(), port.security_groups.begin(), port.security_groups.end());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

http::Response list_groups(Call& call, Cloud& cloud) {
  return call.db().read([&](db::Session& session) {
    const Server s = call.fetch(session, cloud.servers, call.param("id"),
                                "os_compute_api:os-security-groups:list");
    std::map<std::string, net::SecurityGroup> groups;  // by name
    for (const auto& id : group_ids(cloud.neutron.ports_of(session, std::span(&s.id, 1)))) {
      if (auto g = cloud.neutron.security_group_wiring(session, id)) groups[g->name + id] = *g;
    }
    json::Writer w;
    w.begin_object().key("security_groups").begin_array();
    for (const auto& [name, g] : groups) {
      const auto facts = cloud.neutron.security_groups(session, call.caller(), g.id);
      w.begin_object().member("id", g.id).member("name", g.name);
      w.member("description", facts.empty() ? "" : facts.front().description);
      w.member("tenant_id", s.project_id).key("rules").begin_array();
      for (const auto& r : g.rules) {
        if (r.ingress) write_rule(w, cloud, session, s, g.id, r);
      }
      w.end_array().end_object();
    }
    w.end_array().end_object();
    return http::Response::json(200, w.take());
  });
}

http::Response change_groups(Call& call, Cloud& cloud, bool add) {
  Form form = call.form(add ? "addSecurityGroup" : "removeSecurityGroup");
  const std::string name = form.required_text("name", {.chars_min = 1});
  form.done();
  call.db().write([&](db::Transaction& tx) {
    Server s = call.fetch(
        tx, cloud.servers, call.param("id"),
        add ? "os_compute_api:os-security-groups:add" : "os_compute_api:os-security-groups:remove");
    const auto group = security_group_named(call, cloud, tx, name, Fault::Kind::not_found);
    json::Array names = names_of(s);
    const auto gone = std::erase_if(
        names, [&](const json::Value& n) { return *n.at({"name"})->text() == group.name; });
    if (add) {
      cloud.neutron.add_security_group(tx, s.id, group.id);
      names.emplace_back(json::Object{{"name", group.name}});
    } else {
      if (gone == 0) {
        throw Fault::not_found(
            fmt::format("Security group {} not associated with the instance {}", group.id, s.id));
      }
      cloud.neutron.remove_security_group(tx, s.id, group.id);
    }
    s.security_groups = json::dump(json::Value(names));
    s.updated_at = call.now();
    cloud.servers.update(tx, s);
    record_action(call, tx, s, add ? "addSecurityGroup" : "removeSecurityGroup");
  });
  return http::Response::empty(202);
}

}  // namespace

void add_server_security_group_routes(resource::Service& s, Cloud& cloud) {
  const std::string one = "/v2.1/servers/{id}";
  s.route("GET", one + "/os-security-groups", [&cloud](Call& c) { return list_groups(c, cloud); });
  s.action(one + "/action", "addSecurityGroup",
           [&cloud](Call& c) { return change_groups(c, cloud, true); });
  s.action(one + "/action", "removeSecurityGroup",
           [&cloud](Call& c) { return change_groups(c, cloud, false); });
}

}  // namespace haneul::nova
