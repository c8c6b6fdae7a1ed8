#include <iostream>
#include <set>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/control.h"
#include "cli/runtime.h"
#include "json/writer.h"

namespace haneul::cli {
namespace {

constexpr std::int64_t kFlowsShownMax = 10;
constexpr std::size_t kAgentsShownMax = 50;

void write_counts(json::Writer& w, db::Session& session, std::string_view key,
                  std::string_view sql) {
  w.key(key).begin_object();
  auto rows = session.query(sql);
  while (rows.next()) w.member(rows.text(0), rows.integer(1));
  w.end_object();
}

std::string text_at(const json::Value& v, std::initializer_list<std::string_view> path) {
  const json::Value* at = v.at(path);
  if (!at) return "";
  return at->text() ? *at->text() : json::dump(*at);
}

std::string counts_of(const json::Value& v, std::string_view key) {
  std::string out;
  for (const auto& m : *v.at({key})->object()) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", json::dump(m.value), m.key);
  }
  return out.empty() ? "none" : out;
}

void print_agents(const json::Array& agents) {
  std::size_t shown = 0;
  for (const auto& a : agents) {
    if (++shown > kAgentsShownMax) {
      std::cout << fmt::format("  and {} more agents\n", agents.size() - kAgentsShownMax);
      return;
    }
    const bool connected = text_at(a, {"connected"}) == "true";
    std::cout << fmt::format("  {} {}\n", text_at(a, {"host"}),
                             connected ? "agent connected"
                                       : fmt::format("no agent connected, last seen {} s ago",
                                                     text_at(a, {"silent_seconds"})));
  }
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
    write_counts(w, session, "hosts",
                 "SELECT CASE WHEN disabled = 1 THEN 'disabled' WHEN forced_down = 1 THEN 'down'"
                 " ELSE 'enabled' END, COUNT(*) FROM compute_hosts GROUP BY 1");
    write_agents(w, session);
    write_counts(w, session, "servers", "SELECT vm_state, COUNT(*) FROM servers GROUP BY vm_state");
    write_counts(w, session, "resources",
                 "SELECT 'networks', COUNT(*) FROM networks UNION ALL SELECT 'ports', COUNT(*)"
                 " FROM ports UNION ALL SELECT 'images', COUNT(*) FROM images");
    w.key("flows").begin_array();
    for (const auto& f : flows_->list(session, kFlowsShownMax)) {
      w.begin_object().member("program", f.program).member("subject", f.subject);
      w.member("step", f.step).member("attempt", f.attempt).member("reason", f.reason);
      w.member("undoing", f.undoing).end_object();
    }
    w.end_array();
  });
  w.member("flows_waiting", static_cast<std::int64_t>(flows_->stats().waiting));
  w.member("database_bytes", database_->stats().file_bytes);
  w.end_object();
  return w.take();
}

// Agents that are or were connected, and hosts of earlier times that nobody answers for.
void Runtime::write_agents(json::Writer& w, db::Session& session) const {
  std::set<std::string> named;
  const auto write = [&](const std::string& host, bool connected, Instant seen) {
    if (!named.insert(host).second) return;
    w.begin_object().member("host", host).member("connected", connected);
    w.member("silent_seconds", (clock_.now() - seen).count() / 1'000'000).end_object();
  };
  for (const auto& [host, driver] : drivers_->hosts()) named.insert(host);
  w.key("agents").begin_array();
  for (const auto& m : agents_->members()) write(m.name, m.connected, m.seen_at);
  auto rows = session.query("SELECT host, seen_at FROM compute_hosts ORDER BY host");
  while (rows.next()) write(rows.string(0), false, rows.instant(1));
  w.end_array();
}

int status(const Options& options) {
  const StateDir state(chosen_state_dir(options.state, options.simulated));
  const json::Value v = ask_control(state, "/status");
  std::cout << fmt::format("haneul at {} ({}), up {} s\n", text_at(v, {"url"}),
                           text_at(v, {"kind"}), text_at(v, {"up_seconds"}));
  std::string names;
  for (const auto& s : *v.at({"services"})->array()) names += " " + *s.text();
  std::cout << "services " << names << "\n";
  std::cout << "hosts     " << counts_of(v, "hosts") << "\n";
  print_agents(*v.at({"agents"})->array());
  std::cout << "guests    " << counts_of(v, "servers") << "\n";
  std::cout << "also      " << counts_of(v, "resources") << "\n";
  std::cout << fmt::format("flows     {} unfinished\n", text_at(v, {"flows_waiting"}));
  for (const auto& f : *v.at({"flows"})->array()) {
    std::cout << fmt::format("  {} {} at {}{} {}\n", text_at(f, {"program"}),
                             text_at(f, {"subject"}), text_at(f, {"step"}),
                             text_at(f, {"undoing"}) == "true" ? " (undoing)" : "",
                             text_at(f, {"reason"}));
  }
  std::cout << fmt::format("database  {:.1f} MiB in {}\n",
                           static_cast<double>(*v.at({"database_bytes"})->integer()) / 1048576,
                           state.path().string());
  return 0;
}

int doctor(const Options& options) {
  const StateDir state(chosen_state_dir(options.state, options.simulated));
  const json::Value found = ask_control(state, "/doctor");
  for (const auto& line : *found.array()) std::cout << *line.text() << "\n";
  if (found.array()->empty()) std::cout << "clean: rows and drivers agree\n";
  return found.array()->empty() ? 0 : 1;
}

}  // namespace haneul::cli
