#pragma once
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/state_dir.h"
#include "config/option.h"
#include "flow/engine.h"
#include "http/server.h"
#include "notify/journal.h"
#include "services/settings.h"

namespace haneul::cli {

// Whose Open vSwitch, OVN and libvirt guests use. Empty: instances of this cloud's own.
struct SystemSettings {
  std::string northbound;  // "unix:/…" or "tcp:address:port"
  std::string switch_database = "unix:/run/openvswitch/db.sock";
  std::string integration_bridge = "br-int";
  std::string chassis;  // this host's system-id
  std::string libvirt_uri;
};

// The whole configuration file.
struct Settings {
  http::ServerOptions http;
  flow::EngineOptions flow;
  notify::JournalOptions journal;
  SystemSettings system;
  services::Settings services;
};
std::vector<config::Section> sections(Settings& settings);

// From --config FILE, which is remembered in the state directory, else from the one remembered,
// else from haneul.conf in the state directory if there is one. Throws std::runtime_error with one
// sentence.
Settings load_settings(const Options& options, const StateDir& state);

}  // namespace haneul::cli
