#include "services/nova/tenant_usage.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/nova/dialect.h"
#include "services/nova/query.h"

namespace haneul::nova {
namespace {

using resource::Call;

constexpr std::string_view kPath = "/v2.1/os-simple-tenant-usage";

struct Period {
  Instant start, stop;
  bool detailed = false;
};

struct Used {
  std::string server_id, project_id, name, flavor, state;
  std::int64_t vcpus = 0, ram = 0, disk = 0;
  Instant launched_at;
  std::optional<Instant> terminated_at;

  double hours(const Period& p) const {
    const Instant from = std::max(launched_at, p.start);
    const Instant to = std::min(terminated_at.value_or(p.stop), p.stop);
    return to > from ? static_cast<double>((to - from).count()) / 3.6e9 : 0.0;
  }
};

// Times without a zone, in UTC; anything else is refused.
Instant read_instant(const Call& call, std::string_view key) {
  const auto* text = call.query().find(key);
  if (!text || text->empty()) return call.now();
  const auto time = parse_instant(*text);
  if (!time) throw Fault::bad_request("Invalid datetime string: Datetime is in invalid format");
  return *time;
}

Period read_period(const Call& call) {
  Period p{read_instant(call, "start"), read_instant(call, "end"), false};
  const bool any = call.query().has("start") || call.query().has("end");
  if (any && p.start >= p.stop) {  // upstream asks the clock twice
    throw Fault::bad_request("Invalid start time. The start time cannot occur after the end time.");
  }
  p.stop = std::min(p.stop, call.now());
  const auto* detailed = call.query().find("detailed");
  p.detailed = detailed && *detailed == "1";
  return p;
}

// Servers there are and servers that are gone, by id.
constexpr std::string_view kSelect =
    "SELECT id, project_id, name, flavor, vcpus, ram, disk, launched_at, NULL, vm_state"
    " FROM servers WHERE launched_at IS NOT NULL AND launched_at <= ?1"
    " AND (?2 = '' OR project_id = ?2) AND id > ?3"
    " UNION ALL "
    "SELECT server_id, project_id, name, flavor, vcpus, ram, disk, launched_at, terminated_at,"
    " 'terminated' FROM server_usages WHERE launched_at <= ?1 AND terminated_at >= ?4"
    " AND (?2 = '' OR project_id = ?2) AND server_id > ?3"
    " ORDER BY 1 LIMIT ?5";

std::vector<Used> list_used(db::Session& session, const Period& period, const std::string& project,
                            const PageAsked& page) {
  db::Rows rows = session.query(
      kSelect, {period.stop, project, page.marker.value_or(""), period.start, page.limit});
  std::vector<Used> all;
  while (rows.next()) {
    Used u{.server_id = rows.string(0), .project_id = rows.string(1), .name = rows.string(2)};
    if (const auto flavor = json::parse(rows.text(3))) {
      const json::Value* name = flavor->at({"original_name"});
      if (name && name->text()) u.flavor = *name->text();
    }
    u.vcpus = rows.integer(4);
    u.ram = rows.integer(5);
    u.disk = rows.integer(6);
    u.launched_at = rows.instant(7);
    if (!rows.is_null(8)) u.terminated_at = rows.instant(8);
    u.state = rows.string(9);
    all.push_back(std::move(u));
  }
  return all;
}

void write_server(json::Writer& w, const Used& u, const Period& p, Instant now) {
  w.begin_object().member("instance_id", u.server_id).member("name", u.name);
  w.member("tenant_id", u.project_id).member("flavor", u.flavor).member("hours", u.hours(p));
  w.member("memory_mb", u.ram).member("local_gb", u.disk).member("vcpus", u.vcpus);
  w.member("started_at", iso_micros_naive(u.launched_at));
  w.member("ended_at",
           u.terminated_at ? std::optional(iso_micros_naive(*u.terminated_at)) : std::nullopt);
  w.member("state", u.state);
  w.member("uptime", (u.terminated_at.value_or(now) - u.launched_at).count() / 1'000'000);
  w.end_object();
}

// One project's sum; `all` holds only its servers.
void write_project(json::Writer& w, const std::vector<const Used*>& all, const Period& p,
                   Instant now, bool detailed) {
  double hours = 0, vcpus = 0, ram = 0, disk = 0;
  for (const Used* u : all) {
    const double h = u->hours(p);
    hours += h;
    vcpus += h * static_cast<double>(u->vcpus);
    ram += h * static_cast<double>(u->ram);
    disk += h * static_cast<double>(u->disk);
  }
  w.begin_object().member("tenant_id", all.front()->project_id);
  w.member("start", iso_micros_naive(p.start)).member("stop", iso_micros_naive(p.stop));
  w.member("total_hours", hours).member("total_vcpus_usage", vcpus);
  w.member("total_memory_mb_usage", ram).member("total_local_gb_usage", disk);
  if (detailed) {
    w.key("server_usages").begin_array();
    for (const Used* u : all) write_server(w, *u, p, now);
    w.end_array();
  }
  w.end_object();
}

PageAsked page_of(const Call& call) {
  if (call.since(75)) refuse_unknown_keys(call, {"start", "end", "detailed", "limit", "marker"});
  // Before 2.40 there are no pages, and the first thousand are all one gets.
  return call.since(40) ? read_page(call) : PageAsked{};
}

std::string next_marker(const Call& call, const std::vector<Used>& used, const PageAsked& page) {
  const bool full = call.since(40) && static_cast<std::int64_t>(used.size()) == page.limit;
  return full ? used.back().server_id : "";
}

http::Response list_usages(Call& call) {
  call.enforce("os_compute_api:os-simple-tenant-usage:list");
  const Period period = read_period(call);
  const PageAsked page = page_of(call);
  const auto used =
      call.db().read([&](db::Session& session) { return list_used(session, period, "", page); });
  std::map<std::string, std::vector<const Used*>> projects;
  for (const Used& u : used) projects[u.project_id].push_back(&u);
  json::Writer w;
  w.begin_object().key("tenant_usages").begin_array();
  for (const auto& [id, all] : projects) {
    write_project(w, all, period, call.now(), period.detailed);
  }
  w.end_array();
  write_next_link(w, call, "tenant_usages", kPath, next_marker(call, used, page));
  w.end_object();
  return http::Response::json(200, w.take());
}

http::Response show_usage(Call& call) {
  const std::string& project = call.param("project");
  call.enforce("os_compute_api:os-simple-tenant-usage:show",
               access::PairsTarget{{"project_id", project}});
  const Period period = read_period(call);
  const PageAsked page = page_of(call);
  const auto used = call.db().read(
      [&](db::Session& session) { return list_used(session, period, project, page); });
  std::vector<const Used*> all;
  for (const Used& u : used) all.push_back(&u);
  json::Writer w;
  w.begin_object().key("tenant_usage");
  if (all.empty()) {
    w.begin_object().end_object();
  } else {
    write_project(w, all, period, call.now(), true);
  }
  write_next_link(w, call, "tenant_usage", fmt::format("{}/{}", kPath, project),
                  next_marker(call, used, page));
  w.end_object();
  return http::Response::json(200, w.take());
}

}  // namespace

void record_usage(db::Transaction& tx, const Server& s, Instant now) {
  if (!s.launched_at) return;
  tx.execute(
      "INSERT INTO server_usages (server_id, project_id, name, flavor, vcpus, ram, disk,"
      " launched_at, terminated_at) VALUES (?,?,?,?,?,?,?,?,?)",
      {s.id, s.project_id, s.name, s.flavor, s.vcpus, s.ram, s.disk, *s.launched_at, now});
}

void add_tenant_usage_routes(resource::Service& s) {
  s.route("GET", kPath, list_usages);
  s.route("GET", std::string(kPath) + "/{project}", show_usage);
}

}  // namespace haneul::nova
