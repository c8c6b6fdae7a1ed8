#include <map>

#include "cli/runtime.h"
#include "json/writer.h"

namespace haneul::cli {
namespace {

constexpr std::int64_t kFlowsShownMax = 10;
constexpr std::int64_t kHostsShownMax = 50;

// What tells networks of changes never ends; all others are about a thing: "server/<uuid>".
bool is_standing(std::string_view subject) {
  return subject.find('/') == std::string_view::npos;
}

void write_counts(json::Writer& w, db::Session& session, std::string_view key,
                  std::string_view sql) {
  w.key(key).begin_object();
  auto rows = session.query(sql);
  while (rows.next()) w.member(rows.text(0), rows.integer(1));
  w.end_object();
}

// What is taken of a host's inventory: {"VCPU": {"used": 1, "room": 64}, …}
void write_taken(json::Writer& w, db::Session& session, std::string_view provider) {
  w.key("taken").begin_object();
  auto rows = session.query(
      "SELECT resource_class, used, CAST((total - reserved) * allocation_ratio AS INTEGER)"
      " FROM placement_inventories WHERE provider_uuid = ? ORDER BY resource_class",
      {provider});
  while (rows.next()) {
    w.key(rows.text(0)).begin_object();
    w.member("used", rows.integer(1)).member("room", rows.integer(2)).end_object();
  }
  w.end_object();
}

}  // namespace

std::string Runtime::status_json() {
  json::Writer w;
  w.begin_object();
  w.member("url", url()).member("kind", drivers_->kind());
  w.member("up_seconds", (clock_.now() - started_).count() / 1'000'000);
  w.key("services").begin_array();
  for (const auto* s : services_->all()) w.value(s->facts().name);
  w.end_array();
  database_->read([&](db::Session& session) {
    write_hosts(w, session);
    write_counts(w, session, "servers", "SELECT vm_state, COUNT(*) FROM servers GROUP BY vm_state");
    write_counts(w, session, "resources",
                 "SELECT 'networks', COUNT(*) FROM networks UNION ALL SELECT 'ports', COUNT(*)"
                 " FROM ports UNION ALL SELECT 'images', COUNT(*) FROM images");
    w.key("flows").begin_array();
    for (const auto& f : flows_->list(session, kFlowsShownMax + 1)) {
      if (is_standing(f.subject)) continue;
      w.begin_object().member("program", f.program).member("subject", f.subject);
      w.member("step", f.step).member("attempt", f.attempt).member("reason", f.reason);
      w.member("undoing", f.undoing).end_object();
    }
    w.end_array();
    w.member(
        "flows_waiting",
        session.integer("SELECT COUNT(*) FROM flows WHERE instr(subject, '/') > 0").value_or(0));
    w.member("networks_waiting", session.integer("SELECT COUNT(*) FROM net_dirty").value_or(0));
  });
  w.member("database_bytes", database_->stats().file_bytes);
  w.end_object();
  return w.take();
}

// Hosts that have a row or an agent: how they do, and what is taken of them.
void Runtime::write_hosts(json::Writer& w, db::Session& session) const {
  std::map<std::string, bus::Member> members;
  for (const auto& m : agents_->members()) members.emplace(m.name, m);
  const auto here = drivers_->hosts();
  const auto write_agent = [&](const std::string& host, Instant seen) {
    const auto member = members.find(host);
    const bool is_known = member != members.end();
    const bool is_connected = is_known && member->second.connected;
    w.member("agent", here.contains(host) ? "here" : is_connected ? "connected" : "gone");
    if (is_known) seen = member->second.seen_at;
    w.member("silent_seconds", (clock_.now() - seen).count() / 1'000'000);
    if (is_known) members.erase(member);
  };
  w.member("hosts_all", session.integer("SELECT COUNT(*) FROM compute_hosts").value_or(0));
  w.key("hosts").begin_array();
  auto rows = session.query(
      "SELECT host, id, disabled, forced_down, seen_at,"
      " (SELECT COUNT(*) FROM servers s WHERE s.host = h.host) FROM compute_hosts h"
      " ORDER BY host LIMIT ?",
      {kHostsShownMax});
  while (rows.next()) {
    w.begin_object().member("host", rows.string(0));
    w.member("disabled", rows.boolean(2)).member("forced_down", rows.boolean(3));
    w.member("guests", rows.integer(5));
    write_agent(rows.string(0), rows.instant(4));
    write_taken(w, session, rows.text(1));
    w.end_object();
  }
  w.end_array();
}

}  // namespace haneul::cli
