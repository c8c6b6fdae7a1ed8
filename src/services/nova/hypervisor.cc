#include "services/nova/hypervisor.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "services/nova/dialect.h"
#include "services/nova/hypervisor_view.h"
#include "services/nova/query.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Where;

constexpr std::string_view kPath = "/v2.1/os-hypervisors";

struct Guest {
  std::string name, id;
};
using GuestsByHost = std::map<std::string, std::vector<Guest>, std::less<>>;

GuestsByHost guests_of(db::Session& session, const std::vector<ComputeHost>& hosts) {
  std::vector<std::string> names;
  for (const ComputeHost& h : hosts) names.push_back(h.host);
  const auto where = Where().in("host", names);
  std::vector<db::Bind> binds;
  where.append_binds(binds);
  db::Rows rows = session.query(
      fmt::format("SELECT host, number, id FROM servers WHERE {} ORDER BY host, id", where.sql()),
      binds);
  GuestsByHost guests;
  Server named;
  while (rows.next()) {
    named.number = rows.integer(1);
    guests[rows.string(0)].push_back({named.instance_name(), rows.string(2)});
  }
  return guests;
}

// Writes one host as this request's version shows it.
class View {
 public:
  View(const Call& call, const Cloud& cloud, bool detail)
      : call_(call), cloud_(cloud), detail_(detail) {}
  void load(db::Session& session, const std::vector<ComputeHost>& hosts, bool with_servers) {
    if (detail_ && !call_.since(88)) loads_ = loads_of(session, hosts);
    if (with_servers) guests_ = guests_of(session, hosts);
  }
  void write(json::Writer& w, const ComputeHost& h, bool with_uptime = false) const {
    const bool up = cloud_.hosts.is_up(h);
    w.begin_object().key("id");
    call_.since(53) ? w.value(h.id) : w.value(h.number);
    w.member("hypervisor_hostname", h.host).member("state", up ? "up" : "down");
    w.member("status", h.disabled ? "disabled" : "enabled");
    if (detail_) write_detail(w, h);
    if (with_uptime || (detail_ && call_.since(88))) {
      const bool known = up && cloud_.hosts.is_here(h.host);
      w.member("uptime", known ? std::optional(uptime_line(call_.now())) : std::nullopt);
    }
    write_guests(w, h);
    w.end_object();
  }

 private:
  void write_detail(json::Writer& w, const ComputeHost& h) const {
    for (const char* name : {"hypervisor_type", "hypervisor_version", "host_ip"}) {
      w.member(name, *h.facts.find(name));
    }
    w.key("service").begin_object().key("id");
    call_.since(53) ? w.value(h.service_id) : w.value(h.number);
    w.member("host", h.host).member("disabled_reason", h.disabled_reason).end_object();
    if (call_.since(88)) return;
    const auto load = loads_.find(h.host);
    write_figures(w, figures_of(h, load == loads_.end() ? HostLoad{} : load->second,
                                cloud_.hosts.settings()));
    const json::Value& cpu = *h.facts.find("cpu_info");
    w.key("cpu_info");
    call_.since(28) ? w.value(cpu) : w.value(json::dump(cpu));
  }
  void write_guests(json::Writer& w, const ComputeHost& h) const {
    if (!guests_) return;
    const auto found = guests_->find(h.host);
    if (found == guests_->end() && !call_.since(75)) return;
    w.key("servers").begin_array();
    if (found != guests_->end()) {
      for (const Guest& g : found->second) {
        w.begin_object().member("name", g.name).member("uuid", g.id).end_object();
      }
    }
    w.end_array();
  }

  const Call& call_;
  const Cloud& cloud_;
  const bool detail_;
  HostLoads loads_;
  std::optional<GuestsByHost> guests_;
};

Fault no_hypervisor(const std::string& id) {
  return Fault::not_found(fmt::format("Hypervisor with ID '{}' could not be found.", id));
}

Where matching(const std::string& pattern) {
  const bool plain =
      pattern.size() <= 255 && std::all_of(pattern.begin(), pattern.end(), [](unsigned char c) {
        return std::isalnum(c) || c == '-' || c == '.' || c == '_';
      });
  if (!plain) {
    throw Fault::bad_request(fmt::format(
        "Invalid input for query parameters hypervisor_hostname_pattern. Value: {}. '{}' does not "
        "match '^[a-zA-Z0-9-._]*$'",
        pattern, pattern));
  }
  return Where().and_("instr(host, ?) > 0", {pattern});
}

std::vector<ComputeHost> find_matching(db::Session& session, const Cloud& cloud,
                                       const std::string& pattern) {
  resource::Page page;
  page.where = matching(pattern);
  page.order = {{"number", false}};
  auto hosts = cloud.hosts.store().list(session, page);
  if (hosts.empty()) {
    throw Fault::not_found(fmt::format("No hypervisor matching '{}' could be found.", pattern));
  }
  return hosts;
}

std::vector<ComputeHost> list_page(db::Session& session, const Call& call, const Cloud& cloud,
                                   const PageAsked& asked) {
  const HostStore& store = cloud.hosts.store();
  resource::Page page;
  page.order = {{"number", false}};
  if (call.since(33)) page.limit = asked.limit;
  if (call.since(33) && asked.marker) {
    const auto number = parse_int(*asked.marker);
    const auto at = call.since(53) ? store.find(session, *asked.marker)
                    : number       ? store.first(session, Where().equals("number", *number))
                                   : std::nullopt;
    if (!at) throw Fault::bad_request(fmt::format("marker [{}] not found", *asked.marker));
    page.after_key = at->id;
  }
  return store.list(session, page);
}

http::Response list_hypervisors(Call& call, Cloud& cloud, bool detail) {
  call.enforce(detail ? "os_compute_api:os-hypervisors:list-detail"
                      : "os_compute_api:os-hypervisors:list");
  if (call.since(53)) {
    refuse_unknown_keys(call, {"limit", "marker", "hypervisor_hostname_pattern", "with_servers"});
  }
  const PageAsked asked = call.since(33) ? read_page(call) : PageAsked{};
  const auto* pattern = call.since(53) ? call.query().find("hypervisor_hostname_pattern") : nullptr;
  if (pattern && (asked.has_limit || asked.marker)) {
    throw Fault::bad_request(
        "Paging over hypervisors with the hypervisor_hostname_pattern query "
        "parameter is not supported.");
  }
  const bool with_servers = call.since(53) && read_flag(call, "with_servers");
  View view(call, cloud, detail);
  const auto hosts = call.db().read([&](db::Session& session) {
    auto found =
        pattern ? find_matching(session, cloud, *pattern) : list_page(session, call, cloud, asked);
    view.load(session, found, with_servers);
    return found;
  });
  json::Writer w;
  w.begin_object().key("hypervisors").begin_array();
  for (const ComputeHost& h : hosts) view.write(w, h);
  w.end_array();
  // As upstream, a full page has a link even if nothing follows.
  const bool full =
      !pattern && call.since(33) && static_cast<std::int64_t>(hosts.size()) == asked.limit;
  const std::string marker = !full            ? ""
                             : call.since(53) ? hosts.back().id
                                              : std::to_string(hosts.back().number);
  write_next_link(w, call, "hypervisors", std::string(kPath) + (detail ? "/detail" : ""), marker);
  w.end_object();
  return http::Response::json(200, w.take());
}

ComputeHost find_hypervisor(db::Session& session, const Call& call, const Cloud& cloud) {
  const std::string& id = call.param("id");
  std::optional<ComputeHost> host;
  if (call.since(53)) {
    if (!is_uuid_like(id)) throw Fault::bad_request(fmt::format("Invalid uuid {}", id));
    host = cloud.hosts.store().find(session, lower(id));
  } else if (const auto number = parse_int(id)) {
    host = cloud.hosts.store().first(session, Where().equals("number", *number));
  }
  if (!host) throw no_hypervisor(id);
  return std::move(*host);
}

http::Response show_hypervisor(Call& call, Cloud& cloud, bool uptime_only) {
  if (uptime_only && call.since(88)) throw call.dialect().no_such_path();
  call.enforce(uptime_only ? "os_compute_api:os-hypervisors:uptime"
                           : "os_compute_api:os-hypervisors:show");
  if (call.since(53) && !uptime_only) refuse_unknown_keys(call, {"with_servers"});
  const bool with_servers = call.since(53) && !uptime_only && read_flag(call, "with_servers");
  View view(call, cloud, !uptime_only);
  const ComputeHost host = call.db().read([&](db::Session& session) {
    ComputeHost found = find_hypervisor(session, call, cloud);
    view.load(session, {found}, with_servers);
    return found;
  });
  if (uptime_only && !cloud.hosts.is_up(host)) {
    throw Fault::bad_request("Compute service of " + host.host + " is unavailable at this time.");
  }
  if (uptime_only && !cloud.hosts.is_here(host.host)) {
    throw Fault::not_implemented("The uptime of a host with an agent is not known here.");
  }
  json::Writer w;
  w.begin_object().key("hypervisor");
  view.write(w, host, uptime_only);
  w.end_object();
  return http::Response::json(200, w.take());
}

// Before 2.53: …/{pattern}/search and …/{pattern}/servers.
http::Response search(Call& call, Cloud& cloud, bool with_servers) {
  if (call.since(53)) throw call.dialect().no_such_path();
  call.enforce(with_servers ? "os_compute_api:os-hypervisors:servers"
                            : "os_compute_api:os-hypervisors:search");
  View view(call, cloud, false);
  const auto hosts = call.db().read([&](db::Session& session) {
    auto found = find_matching(session, cloud, call.param("id"));
    view.load(session, found, with_servers);
    return found;
  });
  json::Writer w;
  w.begin_object().key("hypervisors").begin_array();
  for (const ComputeHost& h : hosts) view.write(w, h);
  w.end_array().end_object();
  return http::Response::json(200, w.take());
}

http::Response statistics(Call& call, Cloud& cloud) {
  if (call.since(88)) throw call.dialect().no_such_path();
  call.enforce("os_compute_api:os-hypervisors:statistics");
  HostFigures sum{};
  const std::int64_t count = call.db().read([&](db::Session& session) {
    const auto hosts = cloud.hosts.store().list(session, Where().and_("disabled = 0"));
    const HostLoads loads = loads_of(session, hosts);
    for (const ComputeHost& h : hosts) {
      const auto load = loads.find(h.host);
      add_figures(sum, figures_of(h, load == loads.end() ? HostLoad{} : load->second,
                                  cloud.hosts.settings()));
    }
    return static_cast<std::int64_t>(hosts.size());
  });
  json::Writer w;
  w.begin_object().key("hypervisor_statistics").begin_object().member("count", count);
  write_figures(w, sum);
  w.end_object().end_object();
  return http::Response::json(200, w.take());
}

}  // namespace

void add_hypervisor_routes(resource::Service& s, Cloud& cloud) {
  const std::string all(kPath), one = all + "/{id}";
  s.route("GET", all, [&cloud](Call& c) { return list_hypervisors(c, cloud, false); });
  s.route("GET", all + "/detail", [&cloud](Call& c) { return list_hypervisors(c, cloud, true); });
  s.route("GET", all + "/statistics", [&cloud](Call& c) { return statistics(c, cloud); });
  s.route("GET", one, [&cloud](Call& c) { return show_hypervisor(c, cloud, false); });
  s.route("GET", one + "/uptime", [&cloud](Call& c) { return show_hypervisor(c, cloud, true); });
  s.route("GET", one + "/search", [&cloud](Call& c) { return search(c, cloud, false); });
  s.route("GET", one + "/servers", [&cloud](Call& c) { return search(c, cloud, true); });
}

}  // namespace haneul::nova
