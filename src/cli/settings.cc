#include "cli/settings.h"

#include <filesystem>
#include <stdexcept>

#include "config/file.h"

namespace haneul::cli {
namespace {

using config::option;
using config::options;
using Http = http::ServerOptions;

constexpr auto kHttp = options(
    option<&Http::loop_threads>("loop_threads").range(1, 64).help("Threads that read and write."),
    option<&Http::api_threads>("api_threads").range(1, 512).help("Threads that answer requests."),
    option<&Http::api_queue_max>("api_queue_max")
        .range(1, 1e6)
        .help("Requests that may wait for one; more get 503."),
    option<&Http::bulk_threads>("bulk_threads")
        .range(1, 512)
        .help("Uploads and downloads at one time."),
    option<&Http::bulk_queue_max>("bulk_queue_max").range(1, 1e6).help("Those that may wait."),
    option<&Http::slow_threads>("slow_threads")
        .range(1, 512)
        .help("Logins at one time: requests that hash a password."),
    option<&Http::slow_queue_max>("slow_queue_max").range(1, 1e6).help("Those that may wait."),
    option<&Http::connections_max>("connections_max")
        .range(1, 1e6)
        .help("Open connections; one more takes the place of an idle one."),
    option<&Http::log_reads>("log_reads")
        .help("Lines in the log for GET and HEAD that succeed as well: about a fifth of the rate "
              "at which tokens are validated. All others have theirs."),
    option<&Http::idle_max>("idle_max").range(1, 86'400).help("Between two requests."),
    option<&Http::body_gap_max>("body_gap_max")
        .range(1, 86'400)
        .help("Without a byte of a body moving."),
    option<&Http::body_max>("body_max")
        .range(1, 86'400)
        .help("A request's body that is held in memory, from its first byte to its last."));

using Flow = flow::EngineOptions;

constexpr auto kFlow = options(
    option<&Flow::threads>("threads").range(1, 512).help("Steps that run at one time."),
    option<&Flow::attempts_max>("attempts_max")
        .range(1, 1000)
        .help("Of one step that fails for now; then its flow is undone."),
    option<&Flow::retry_first>("retry_first")
        .range(0.01, 86'400)
        .help("Before a step is tried again; doubles each time."),
    option<&Flow::retry_max>("retry_max").range(0.01, 86'400).help("What that grows to."),
    option<&Flow::flows_max>("flows_max")
        .range(1, 1e9)
        .help("Unfinished ones; requests that need another get 503."),
    option<&Flow::repeat_steps>("repeat_steps").help("For trials: every step is done twice."),
    option<&Flow::die_after>("die_after")
        .help("For trials: the process kills itself after this step, `nova.boot_server/define` or, "
              "where it is undone, `nova.boot_server/plug~`; docs/flows.md lists them."),
    option<&Flow::fail_after>("fail_after").help("For trials: this step fails once it is done."));

using Journal = notify::JournalOptions;

constexpr auto kNotify = options(option<&Journal::kept>("events_kept")
                                     .range(60, 1e9)
                                     .help("How long the history of changes is kept."),
                                 option<&Journal::events_max>("events_max")
                                     .range(100, 1e9)
                                     .help("Changes in the history; the oldest go first."));

constexpr auto kOvn = options(
    option<&SystemSettings::northbound>("ovn_nb_connection")
        .help("Northbound database of the system's OVN, `unix:PATH` or `tcp:ADDRESS:PORT`. Empty: "
              "an OVN of this cloud's own is started and watched."),
    option<&SystemSettings::switch_database>("ovsdb_connection")
        .help("Database of this host's Open vSwitch, where the OVN is the system's."),
    option<&SystemSettings::integration_bridge>("integration_bridge")
        .help("The bridge that guests are plugged into, where the OVN is the system's."),
    option<&SystemSettings::chassis>("chassis").help(
        "This host's system-id in its Open vSwitch, where the OVN is the system's."));

constexpr auto kLibvirt = options(
    option<&SystemSettings::libvirt_uri>("connection_uri")
        .help("A libvirtd to use, as `qemu:///system`. Empty: libvirt's driver within haneul."));

}  // namespace

std::vector<config::Section> sections(Settings& s) {
  std::vector<config::Section> all = {{"http", kHttp, &s.http},
                                      {"flow", kFlow, &s.flow},
                                      {"notify", kNotify, &s.journal},
                                      {"ovn", kOvn, &s.system},
                                      {"libvirt", kLibvirt, &s.system}};
  for (auto& section : services::sections(s.services)) all.push_back(std::move(section));
  return all;
}

Settings load_settings(const Options& options, const StateDir& state) {
  Settings settings;
  const auto known = sections(settings);
  const std::string standard = state.file("haneul.conf").string();
  const std::string path = !options.config.empty()
                               ? std::filesystem::absolute(options.config).string()
                               : state.read("config").value_or(standard);
  if (path != standard && !std::filesystem::exists(path)) {
    throw std::runtime_error(
        fmt::format("there is no {}; make it, or name another with --config", path));
  }
  if (path != standard || std::filesystem::exists(standard)) config::read_file(path, known);
  if (!options.config.empty()) state.write("config", path);
  if (!settings.system.northbound.empty() && settings.system.chassis.empty()) {
    throw std::runtime_error(
        "[ovn] ovn_nb_connection needs chassis beside it: what ovs-vsctl get "
        "Open_vSwitch . external_ids:system-id says");
  }
  return settings;
}

}  // namespace haneul::cli
