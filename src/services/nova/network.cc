#include "services/nova/network.h"

#include "base/text.h"
#include "json/writer.h"

namespace haneul::nova {
namespace {

using resource::Call;

// What networks were to nova-network; all but their id and label is null since.
constexpr std::string_view kOld[] = {"cidr", "netmask", "gateway",    "broadcast", "dns1",
                                     "dns2", "cidr_v6", "gateway_v6", "netmask_v6"};
constexpr std::string_view kOldOfAdmins[] = {"created_at",
                                             "updated_at",
                                             "deleted_at",
                                             "deleted",
                                             "injected",
                                             "bridge",
                                             "vlan",
                                             "vpn_public_address",
                                             "project_id",
                                             "vpn_public_port",
                                             "vpn_private_address",
                                             "dhcp_start",
                                             "host",
                                             "multi_host",
                                             "bridge_interface",
                                             "priority",
                                             "rxtx_base",
                                             "mtu",
                                             "dhcp_server",
                                             "enable_dhcp",
                                             "share_address"};

using Write = void (*)(json::Writer&, const Call&, const json::Value&);

void write_network(json::Writer& w, const Call& call, const json::Value& network) {
  w.begin_object().member("id", text_at(network, "id")).member("label", text_at(network, "name"));
  for (const auto name : kOld) w.key(name).null();
  if (call.allowed("context_is_admin")) {
    for (const auto name : kOldOfAdmins) w.key(name).null();
  }
  w.end_object();
}

void write_tenant_network(json::Writer& w, const Call&, const json::Value& network) {
  w.begin_object().member("id", text_at(network, "id")).member("cidr", "None");
  w.member("label", text_at(network, "name")).end_object();
}

// The project's own, then those that are everybody's: what its servers may be put on.
http::Response list_networks(Call& call, const Proxy& neutron, std::string_view rule, Write write) {
  need_at_most(call, kProxyMinorMax);
  call.enforce(rule);
  json::Writer w;
  w.begin_object().key("networks").begin_array();
  const bool all = call.allowed("context_is_admin");
  const auto found = neutron.get(call, "/v2.0/networks");
  for (const json::Value& network : array_at(found, "networks")) {
    const json::Value* shared = network.at({"shared"});
    const bool seen = all || (shared && shared->boolean() && *shared->boolean()) ||
                      text_at(network, "project_id") == call.caller().project_id.text;
    if (seen) write(w, call, network);
  }
  w.end_array().end_object();
  return http::Response::json(200, w.take());
}

http::Response show_network(Call& call, const Proxy& neutron, std::string_view rule, Write write) {
  need_at_most(call, kProxyMinorMax);
  call.enforce(rule);
  json::Value found;
  try {
    found = neutron.get(call, "/v2.0/networks/" + percent_encode(call.param("id")));
  } catch (const Fault& fault) {
    if (fault.kind() != Fault::Kind::not_found) throw;
    throw Fault::not_found("Network not found");
  }
  json::Writer w;
  w.begin_object().key("network");
  write(w, call, *found.at({"network"}));
  w.end_object();
  return http::Response::json(200, w.take());
}

}  // namespace

void add_network_routes(resource::Service& s, const Proxy& neutron) {
  struct Noun {
    std::string_view path, list, show;
    Write write;
  };
  for (const Noun& n : {Noun{"/v2.1/os-networks", "os_compute_api:os-networks:list",
                             "os_compute_api:os-networks:show", write_network},
                        Noun{"/v2.1/os-tenant-networks", "os_compute_api:os-tenant-networks:list",
                             "os_compute_api:os-tenant-networks:show", write_tenant_network}}) {
    s.route("GET", n.path,
            [&neutron, n](Call& c) { return list_networks(c, neutron, n.list, n.write); });
    s.route("GET", std::string(n.path) + "/{id}",
            [&neutron, n](Call& c) { return show_network(c, neutron, n.show, n.write); });
  }
}

}  // namespace haneul::nova
