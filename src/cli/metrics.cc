#include "cli/metrics.h"

#include <array>

#include <fmt/format.h>

namespace haneul::cli {
namespace {

struct Metric {
  std::string_view name, type, help;
  std::uint64_t (*value)(const Figures&);
};

constexpr std::array<Metric, 13> kMetrics = {{
    {"haneul_db_reads_total", "counter", "Snapshots read.",
     [](const Figures& f) { return static_cast<std::uint64_t>(f.db.reads); }},
    {"haneul_db_writes_total", "counter", "Write transactions begun.",
     [](const Figures& f) { return static_cast<std::uint64_t>(f.db.writes); }},
    {"haneul_db_commits_total", "counter", "Commits; several transactions may share one.",
     [](const Figures& f) { return static_cast<std::uint64_t>(f.db.commits); }},
    {"haneul_db_rollbacks_total", "counter", "Write transactions that were given up.",
     [](const Figures& f) { return static_cast<std::uint64_t>(f.db.rollbacks); }},
    {"haneul_db_bytes", "gauge", "Size of the database's file.",
     [](const Figures& f) { return static_cast<std::uint64_t>(f.db.file_bytes); }},
    {"haneul_flow_steps_total", "counter", "Steps run.",
     [](const Figures& f) { return static_cast<std::uint64_t>(f.flows.steps); }},
    {"haneul_flows_finished_total", "counter", "Flows that reached their end.",
     [](const Figures& f) { return static_cast<std::uint64_t>(f.flows.finished); }},
    {"haneul_flows_failed_total", "counter", "Flows that were undone.",
     [](const Figures& f) { return static_cast<std::uint64_t>(f.flows.failed); }},
    {"haneul_flow_retries_total", "counter", "Steps tried again.",
     [](const Figures& f) { return static_cast<std::uint64_t>(f.flows.retried); }},
    {"haneul_flows_waiting", "gauge", "Flows that are not finished.",
     [](const Figures& f) { return static_cast<std::uint64_t>(f.flows.waiting); }},
    {"haneul_http_connections", "gauge", "Open connections.",
     [](const Figures& f) { return static_cast<std::uint64_t>(f.http.connections_open); }},
    {"haneul_http_refused_busy_total", "counter", "Requests answered 503, for too many waited.",
     [](const Figures& f) { return static_cast<std::uint64_t>(f.http.refused_busy_total); }},
    {"haneul_http_api_queued", "gauge", "Requests that wait for a thread.",
     [](const Figures& f) { return static_cast<std::uint64_t>(f.http.api_queued); }},
}};

}  // namespace

std::string metric_lines(const Figures& figures) {
  std::string out;
  for (const Metric& m : kMetrics) {
    out += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", m.name, m.help, m.type,
                       m.value(figures));
  }
  return out;
}

std::string metric_rows() {
  std::string out;
  for (const Metric& m : kMetrics) {
    out += fmt::format("| `{}` | {} | | {} |\n", m.name, m.type, m.help);
  }
  return out;
}

}  // namespace haneul::cli
