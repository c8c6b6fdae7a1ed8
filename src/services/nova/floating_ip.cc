#include "services/nova/floating_ip.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/id.h"
#include "base/text.h"
#include "json/writer.h"
#include "services/neutron/neutron.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Form;

constexpr std::string_view kPath = "/v2.0/floatingips";
constexpr int kActionMinorMax = 43;
// upstream: openstack/nova:nova/conf/neutron.py (default_floating_pool)
constexpr std::string_view kDefaultPool = "nova";

void begin(Call& call, std::string_view rule) {
  need_at_most(call, kProxyMinorMax);
  call.enforce(rule);
}

// The external networks: id and name.
std::vector<std::pair<std::string, std::string>> pools(Call& call, const Proxy& neutron) {
  std::vector<std::pair<std::string, std::string>> found;
  const auto answer = neutron.get(call, "/v2.0/networks", "router:external=True");
  for (const json::Value& network : array_at(answer, "networks")) {
    found.emplace_back(text_at(network, "id"), text_at(network, "name"));
  }
  return found;
}

void write_text_or_null(json::Writer& w, std::string_view key, const std::string& text) {
  w.key(key);
  text.empty() ? w.null() : w.value(text);
}

void write_floating_ip(json::Writer& w, const json::Value& ip,
                       const std::vector<std::pair<std::string, std::string>>& pools) {
  const std::string network = text_at(ip, "floating_network_id");
  const auto pool =
      std::find_if(pools.begin(), pools.end(), [&](const auto& p) { return p.first == network; });
  const bool named = pool != pools.end() && !pool->second.empty();
  const json::Value* device = ip.at({"port_details", "device_id"});
  w.begin_object().member("id", text_at(ip, "id"));
  w.member("ip", text_at(ip, "floating_ip_address")).member("pool", named ? pool->second : network);
  write_text_or_null(w, "fixed_ip", text_at(ip, "fixed_ip_address"));
  write_text_or_null(w, "instance_id", device && device->text() ? *device->text() : "");
  w.end_object();
}

http::Response floating_ip_response(Call& call, const Proxy& neutron, const json::Value& answer) {
  json::Writer w;
  w.begin_object().key("floating_ip");
  write_floating_ip(w, *answer.at({"floatingip"}), pools(call, neutron));
  w.end_object();
  return http::Response::json(200, w.take());
}

http::Response list_floating_ips(Call& call, const Proxy& neutron) {
  begin(call, "os_compute_api:os-floating-ips:list");
  const auto found = neutron.get(call, std::string(kPath),
                                 query_of({{"tenant_id", call.caller().project_id.text}}));
  const auto names = pools(call, neutron);
  json::Writer w;
  w.begin_object().key("floating_ips").begin_array();
  for (const json::Value& ip : array_at(found, "floatingips")) write_floating_ip(w, ip, names);
  w.end_array().end_object();
  return http::Response::json(200, w.take());
}

http::Response list_pools(Call& call, const Proxy& neutron) {
  begin(call, "os_compute_api:os-floating-ip-pools");
  json::Writer w;
  w.begin_object().key("floating_ip_pools").begin_array();
  for (const auto& [id, name] : pools(call, neutron)) {
    w.begin_object().member("name", name.empty() ? id : name).end_object();
  }
  w.end_array().end_object();
  return http::Response::json(200, w.take());
}

Fault no_such_id(const std::string& id) {
  return Fault::not_found(fmt::format("Floating IP not found for ID {}", id));
}

std::string path_of(const std::string& id) {
  if (!is_uuid_like(id)) {
    throw Fault::bad_request(fmt::format("Invalid ID received {}.", id));
  }
  return std::string(kPath) + "/" + id;
}

http::Response show_floating_ip(Call& call, const Proxy& neutron) {
  begin(call, "os_compute_api:os-floating-ips:show");
  const std::string path = path_of(call.param("id"));
  json::Value found;
  try {
    found = neutron.get(call, path);
  } catch (const Fault& fault) {
    if (fault.kind() != Fault::Kind::not_found) throw;
    throw no_such_id(call.param("id"));
  }
  return floating_ip_response(call, neutron, found);
}

http::Response delete_floating_ip(Call& call, const Proxy& neutron) {
  begin(call, "os_compute_api:os-floating-ips:delete");
  const std::string path = path_of(call.param("id"));
  try {
    neutron.send(call, "DELETE", path);
  } catch (const Fault& fault) {
    if (fault.kind() != Fault::Kind::not_found) throw;
    throw no_such_id(call.param("id"));
  }
  return http::Response::empty(202);
}

// The body may be missing, empty, or null.
std::string pool_asked(Call& call) {
  if (trim(call.request().body).empty() || call.body().is_null()) return {};
  if (!call.body().object()) throw Fault::bad_request("Malformed request body");
  const json::Value* pool = call.body().at({"pool"});
  if (pool && !pool->is_null() && !pool->text()) {
    throw Fault::not_found("Floating IP pool not found.");
  }
  return text_at(call.body(), "pool");
}

http::Response create_floating_ip(Call& call, const Proxy& neutron) {
  begin(call, "os_compute_api:os-floating-ips:create");
  const std::string asked = pool_asked(call);
  const auto known = pools(call, neutron);
  const std::string wanted = asked.empty() ? std::string(kDefaultPool) : asked;
  auto pool = std::find_if(known.begin(), known.end(),
                           [&](const auto& p) { return p.first == wanted || p.second == wanted; });
  // Nobody has to call the only external network "nova".
  if (pool == known.end() && asked.empty()) pool = known.begin();
  if (pool == known.end()) throw Fault::not_found("Floating IP pool not found.");
  const std::string in = asked.empty() ? "" : " in pool " + asked;
  try {
    const auto made = neutron.send(
        call, "POST", std::string(kPath),
        json::dump(
            json::Object{{"floatingip", json::Object{{"floating_network_id", pool->first}}}}));
    return floating_ip_response(call, neutron, made);
  } catch (const Fault& fault) {
    if (fault.kind() == Fault::Kind::over_quota) {
      throw Fault::forbidden(fmt::format("IP allocation over quota{}.", in));
    }
    if (fault.kind() == Fault::Kind::conflict) {
      throw Fault::not_found(asked.empty() ? "No more floating IPs available."
                                           : fmt::format("No more floating IPs{}.", in));
    }
    throw;
  }
}

// Actions ---------------------------------------------------------------------------------------

std::optional<json::Value> find_by_address(Call& call, const Proxy& neutron,
                                           const std::string& address) {
  const auto found = neutron.get(
      call, std::string(kPath),
      query_of({{"tenant_id", call.caller().project_id.text}, {"floating_ip_address", address}}));
  const json::Array& all = array_at(found, "floatingips");
  if (all.empty()) return std::nullopt;
  return all.front();
}

// The port and the address that the floating one shall stand for.
std::pair<std::string, std::string> choose_fixed(const std::vector<neutron::PortFacts>& ports,
                                                 const std::optional<std::string>& wanted,
                                                 const std::string& floating,
                                                 const std::string& server) {
  bool any = false;
  for (const auto& port : ports) {
    for (const auto& a : port.addresses) {
      any = true;
      if (wanted ? a.ip_address == *wanted : a.version == 4) return {port.id, a.ip_address};
    }
  }
  if (!any) throw Fault::bad_request("No fixed IPs associated to instance");
  if (wanted) throw Fault::bad_request("Specified fixed address not assigned to instance");
  throw Fault::bad_request(
      fmt::format("Unable to associate floating IP {} to any fixed IPs for instance {}. Instance "
                  "has no fixed IPv4 addresses to associate.",
                  floating, server));
}

http::Response add_floating_ip(Call& call, Cloud& cloud, const Proxy& neutron) {
  need_at_most(call, kActionMinorMax);
  Form form = call.form("addFloatingIp");
  const std::string address = form.required_text("address");
  const auto fixed = form.text("fixed_address");
  form.done();
  const auto [server, ports] = call.db().read([&](db::Session& session) {
    Server s =
        call.fetch(session, cloud.servers, call.param("id"), "os_compute_api:os-floating-ips:add");
    auto its = cloud.neutron.ports_of(session, std::span(&s.id, 1));
    return std::pair(std::move(s), std::move(its));
  });
  const auto [port, fixed_address] = choose_fixed(ports, fixed, address, server.id);
  const auto ip = find_by_address(call, neutron, address);
  if (!ip) throw Fault::not_found("floating IP not found");
  try {
    neutron.send(
        call, "PUT", path_of(text_at(*ip, "id")),
        json::dump(json::Object{
            {"floatingip", json::Object{{"port_id", port}, {"fixed_ip_address", fixed_address}}}}));
  } catch (const Fault& fault) {
    if (fault.kind() == Fault::Kind::forbidden) throw;
    throw Fault::bad_request(
        fmt::format("Unable to associate floating IP {} to fixed IP {} for instance {}. Error: {}",
                    address, fixed_address, server.id, fault.message()));
  }
  return http::Response::empty(202);
}

http::Response remove_floating_ip(Call& call, Cloud& cloud, const Proxy& neutron) {
  need_at_most(call, kActionMinorMax);
  Form form = call.form("removeFloatingIp");
  const std::string address = form.required_text("address");
  form.done();
  const Server s = call.db().read([&](db::Session& session) {
    return call.fetch(session, cloud.servers, call.param("id"),
                      "os_compute_api:os-floating-ips:remove");
  });
  const auto ip = find_by_address(call, neutron, address);
  if (!ip) throw Fault::not_found("floating IP not found");
  const json::Value* device = ip->at({"port_details", "device_id"});
  if (!device || !device->text() || *device->text() != s.id) {
    throw Fault::conflict(
        fmt::format("Floating IP {} is not associated with instance {}.", address, s.id));
  }
  neutron.send(call, "PUT", path_of(text_at(*ip, "id")), R"({"floatingip":{"port_id":null}})");
  return http::Response::empty(202);
}

}  // namespace

void add_floating_ip_routes(resource::Service& s, Cloud& cloud, const Proxy& neutron) {
  constexpr std::string_view kAll = "/v2.1/os-floating-ips", kOne = "/v2.1/os-floating-ips/{id}";
  s.route("GET", "/v2.1/os-floating-ip-pools",
          [&neutron](Call& c) { return list_pools(c, neutron); });
  s.route("GET", kAll, [&neutron](Call& c) { return list_floating_ips(c, neutron); });
  s.route("POST", kAll, [&neutron](Call& c) { return create_floating_ip(c, neutron); });
  s.route("GET", kOne, [&neutron](Call& c) { return show_floating_ip(c, neutron); });
  s.route("DELETE", kOne, [&neutron](Call& c) { return delete_floating_ip(c, neutron); });
  constexpr std::string_view kAction = "/v2.1/servers/{id}/action";
  s.action(kAction, "addFloatingIp",
           [&cloud, &neutron](Call& c) { return add_floating_ip(c, cloud, neutron); });
  s.action(kAction, "removeFloatingIp",
           [&cloud, &neutron](Call& c) { return remove_floating_ip(c, cloud, neutron); });
}

}  // namespace haneul::nova
