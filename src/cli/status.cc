#include <filesystem>
#include <iostream>

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "cli/commands.h"
#include "cli/control.h"
#include "json/writer.h"

namespace haneul::cli {
namespace {
namespace fs = std::filesystem;

constexpr double kGib = 1024.0 * 1024 * 1024;
// Of a directory, when its size is asked for.
constexpr std::size_t kFilesCountedMax = 100'000;

std::string text_at(const json::Value& v, std::initializer_list<std::string_view> path) {
  const json::Value* at = v.at(path);
  if (!at) return "";
  return at->text() ? *at->text() : json::dump(*at);
}

bool is_true(const json::Value& v, std::string_view key) {
  return text_at(v, {key}) == "true";
}

double number_at(const json::Value& v, std::initializer_list<std::string_view> path) {
  const json::Value* at = v.at(path);
  return at && at->integer() ? static_cast<double>(*at->integer()) : 0;
}

std::string counts_of(const json::Value& v, std::string_view key) {
  std::string out;
  for (const auto& m : *v.at({key})->object()) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", json::dump(m.value), m.key);
  }
  return out.empty() ? "none" : out;
}

std::string state_of(const json::Value& host) {
  const std::string agent = text_at(host, {"agent"});
  std::string state = agent == "connected" ? "agent connected" : "up";
  if (agent == "gone") {
    state = fmt::format("down: no agent connected, last seen {} s ago",
                        text_at(host, {"silent_seconds"}));
  }
  if (is_true(host, "forced_down")) state = "down: forced";
  if (is_true(host, "disabled")) state += ", disabled";
  return state;
}

void print_host(const json::Value& host) {
  const auto taken = [&](const char* kind, const char* what) {
    return number_at(host, {"taken", kind, what});
  };
  std::cout << fmt::format(
      "  {:<20} {}; {} guests; vcpus {:.0f} of {:.0f}, memory {:.1f} of {:.1f} GiB, "
      "disk {:.0f} of {:.0f} GiB\n",
      text_at(host, {"host"}), state_of(host), text_at(host, {"guests"}), taken("VCPU", "used"),
      taken("VCPU", "room"), taken("MEMORY_MB", "used") / 1024, taken("MEMORY_MB", "room") / 1024,
      taken("DISK_GB", "used"), taken("DISK_GB", "room"));
}

void print_hosts(const json::Value& v) {
  const json::Array& hosts = *v.at({"hosts"})->array();
  std::cout << fmt::format("hosts     {}\n", text_at(v, {"hosts_all"}));
  for (const auto& host : hosts) print_host(host);
  const auto all = static_cast<std::size_t>(number_at(v, {"hosts_all"}));
  if (all > hosts.size()) {
    std::cout << fmt::format("  and {} more: openstack hypervisor list\n", all - hosts.size());
  }
}

// What files take on disk, holes not counted.
double gib_below(const fs::path& directory) {
  double bytes = 0;
  std::size_t files = 0;
  std::error_code error;
  fs::recursive_directory_iterator at(directory, error);
  for (; !error && at != fs::recursive_directory_iterator() && files < kFilesCountedMax;
       at.increment(error)) {
    struct stat facts {};
    if (::lstat(at->path().c_str(), &facts) == 0)
      bytes += 512.0 * static_cast<double>(facts.st_blocks);
    ++files;
  }
  return bytes / kGib;
}

void print_disk(const json::Value& v, const StateDir& state) {
  struct statvfs room {};
  ::statvfs(state.path().c_str(), &room);
  std::cout << fmt::format(
      "disk      database {:.1f} MiB, images {:.2f} GiB, guests {:.2f} GiB; {:.1f} GiB free in "
      "{}\n",
      number_at(v, {"database_bytes"}) / 1048576, gib_below(state.file("glance")),
      gib_below(state.file("virt")),
      static_cast<double>(room.f_bavail) * static_cast<double>(room.f_frsize) / kGib,
      state.path().string());
}

void print_flows(const json::Value& v) {
  std::cout << fmt::format("networks  {} changes on their way\n", text_at(v, {"networks_waiting"}));
  std::cout << fmt::format("flows     {} unfinished\n", text_at(v, {"flows_waiting"}));
  for (const auto& f : *v.at({"flows"})->array()) {
    std::cout << fmt::format("  {} {} at {}{} {}\n", text_at(f, {"program"}),
                             text_at(f, {"subject"}), text_at(f, {"step"}),
                             is_true(f, "undoing") ? " (undoing)" : "", text_at(f, {"reason"}));
  }
}

}  // namespace

int status(const Options& options) {
  const StateDir state(chosen_state_dir(options.state, options.simulated),
                       StateDir::Missing::stays_missing);
  const json::Value v = ask_control(options, state, "/status");
  std::cout << fmt::format("haneul at {} ({}), up {} s\n", text_at(v, {"url"}),
                           text_at(v, {"kind"}), text_at(v, {"up_seconds"}));
  std::string names;
  for (const auto& s : *v.at({"services"})->array()) names += " " + *s.text();
  std::cout << "services " << names << "\n";
  print_hosts(v);
  std::cout << "guests    " << counts_of(v, "servers") << "\n";
  std::cout << "also      " << counts_of(v, "resources") << "\n";
  print_flows(v);
  print_disk(v, state);
  return 0;
}

int doctor(const Options& options) {
  const StateDir state(chosen_state_dir(options.state, options.simulated),
                       StateDir::Missing::stays_missing);
  const json::Value found = ask_control(options, state, "/doctor");
  for (const auto& line : *found.array()) std::cout << *line.text() << "\n";
  if (found.array()->empty()) std::cout << "clean: rows and drivers agree\n";
  return found.array()->empty() ? 0 : 1;
}

}  // namespace haneul::cli
