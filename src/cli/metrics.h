#pragma once
#include <string>

#include "db/database.h"
#include "flow/engine.h"
#include "http/server.h"

namespace haneul::cli {

// What the parts of the program count, at one moment.
struct Figures {
  db::DatabaseStats db;
  flow::Engine::Stats flows;
  http::ServerStats http;
};

// In Prometheus' text format, each metric with its HELP and TYPE.
std::string metric_lines(const Figures& figures);
// One row of Markdown each: name, type, labels, what it counts.
std::string metric_rows();

}  // namespace haneul::cli
