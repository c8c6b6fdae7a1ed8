#include "services/nova/host.h"

#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "services/nova/hypervisor_view.h"
#include "services/nova/proxy.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Where;

constexpr int kMinorMax = 42;
constexpr std::string_view kPath = "/v2.1/os-hosts";

ComputeHost find_host(Call& call, Cloud& cloud, db::Session& session) {
  const std::string& name = call.param("host");
  auto host = cloud.hosts.store().first(session, Where().equals("host", name));
  if (!host) throw Fault::not_found(fmt::format("Compute host {} could not be found.", name));
  return std::move(*host);
}

http::Response list_hosts(Call& call, Cloud& cloud) {
  need_at_most(call, kMinorMax);
  call.enforce("os_compute_api:os-hosts:list");
  resource::Page page;
  page.order = {{"number", false}};
  page.where.equals("disabled", false);
  const auto* zone = call.query().find("zone");
  if (zone && !zone->empty()) page.where.equals("availability_zone", *zone);
  const auto rows =
      call.db().read([&](db::Session& session) { return cloud.hosts.store().list(session, page); });
  json::Writer w;
  w.begin_object().key("hosts").begin_array();
  for (const ComputeHost& h : rows) {
    w.begin_object().member("host_name", h.host).member("service", "compute");
    w.member("zone", h.availability_zone).end_object();
  }
  w.end_array().end_object();
  return http::Response::json(200, w.take());
}

void write_share(json::Writer& w, const std::string& host, std::string_view project,
                 const HostLoad& load) {
  w.begin_object().key("resource").begin_object();
  w.member("host", host).member("project", project).member("cpu", load.vcpus);
  w.member("memory_mb", load.ram_mib).member("disk_gb", load.disk_gib);
  w.end_object().end_object();
}

// What the host has, what is used of it, what its servers may use, and the last by project.
http::Response show_host(Call& call, Cloud& cloud) {
  need_at_most(call, kMinorMax);
  call.enforce("os_compute_api:os-hosts:show");
  return call.db().read([&](db::Session& session) {
    const ComputeHost host = find_host(call, cloud, session);
    auto loads = loads_of(session, {host});
    const HostLoad& load = loads[host.host];
    const HostFigures f = figures_of(host, load, cloud.hosts.settings());
    json::Writer w;
    w.begin_object().key("host").begin_array();
    write_share(w, host.host, "(total)",
                {.vcpus = f.vcpus, .ram_mib = f.memory_mb, .disk_gib = f.local_gb});
    write_share(w, host.host, "(used_now)",
                {.vcpus = f.vcpus_used, .ram_mib = f.memory_mb_used, .disk_gib = f.local_gb_used});
    write_share(w, host.host, "(used_max)", load);
    db::Rows rows = session.query(
        "SELECT project_id, SUM(vcpus), SUM(ram), SUM(disk) FROM servers WHERE host = ?"
        " GROUP BY project_id ORDER BY project_id",
        {host.host});
    while (rows.next()) {
      write_share(
          w, host.host, rows.string(0),
          {.vcpus = rows.integer(1), .ram_mib = rows.integer(2), .disk_gib = rows.integer(3)});
    }
    w.end_array().end_object();
    return http::Response::json(200, w.take());
  });
}

http::Response update_host(Call& call, Cloud& cloud) {
  need_at_most(call, kMinorMax);
  call.enforce("os_compute_api:os-hosts:update");
  static constexpr std::array<std::string_view, 6> kWords = {"enable",  "disable", "Enable",
                                                             "Disable", "ENABLE",  "DISABLE"};
  resource::Form form = call.form("");
  const auto status = form.choice("status", kWords);
  const auto maintenance = form.choice("maintenance_mode", kWords);
  form.done();
  const bool disabled = status && lower(*status) == "disable";
  const std::string name = call.db().write([&](db::Transaction& tx) {
    ComputeHost host = find_host(call, cloud, tx);
    // Drivers have no maintenance, as upstream's libvirt one.
    if (maintenance) throw Fault::not_implemented("The requested functionality is not supported.");
    if (status) {
      host.disabled = disabled;
      if (!disabled) host.disabled_reason.reset();
      cloud.hosts.store().update(tx, host);
    }
    return host.host;
  });
  cloud.hosts.forget();
  json::Writer w;
  w.begin_object().member("host", name);
  if (status) w.member("status", disabled ? "disabled" : "enabled");
  w.end_object();
  return http::Response::json(200, w.take());
}

// Hosts themselves are not turned off or on, as by upstream's libvirt driver.
http::Response act_on_power(Call& call, Cloud& cloud, std::string_view rule) {
  need_at_most(call, kMinorMax);
  call.enforce(rule);
  call.db().read([&](db::Session& session) { return find_host(call, cloud, session); });
  throw Fault::not_implemented("The requested functionality is not supported.");
}

}  // namespace

void add_host_routes(resource::Service& s, Cloud& cloud) {
  const std::string one = std::string(kPath) + "/{host}";
  s.route("GET", kPath, [&cloud](Call& c) { return list_hosts(c, cloud); });
  s.route("GET", one, [&cloud](Call& c) { return show_host(c, cloud); });
  s.route("PUT", one, [&cloud](Call& c) { return update_host(c, cloud); });
  for (const auto& [name, rule] : {std::pair{"startup", "os_compute_api:os-hosts:start"},
                                   {"shutdown", "os_compute_api:os-hosts:shutdown"},
                                   {"reboot", "os_compute_api:os-hosts:reboot"}}) {
    s.route("GET", one + "/" + name,
            [&cloud, rule = rule](Call& c) { return act_on_power(c, cloud, rule); });
  }
}

}  // namespace haneul::nova
