#include <filesystem>
#include <iostream>

#include <fmt/format.h>

#include "base/id.h"
#include "base/log.h"
#include "cli/blank.h"
#include "cli/commands.h"
#include "cli/drivers.h"
#include "cli/runtime.h"

#ifndef HANEUL_VERSION
#error "the build gives the version"
#endif

namespace haneul::cli {

void with_blank_services(
    const std::function<void(const services::Services&, const flow::Engine&)>& read) {
  log::set_level(log::Level::error);
  const auto path = std::filesystem::temp_directory_path() / ("haneul-blank-" + new_hex_id());
  {
    StateDir state(path);
    Options options;
    options.simulated = true;
    const auto drivers = open_simulated(options, state);
    const auto database = db::open_sqlite({});
    const SystemClock clock;
    flow::Engine flows(*database, clock);
    resource::Quota quota;
    const resource::World world{*database, clock, flows, quota};
    const services::Services all(world, {.state = path,
                                         .net = drivers->net(),
                                         .hosts = drivers->hosts(),
                                         .public_cidr = options.public_cidr});
    read(all, flows);
  }
  std::filesystem::remove_all(path);
}

int routes() {
  with_blank_services([](const services::Services& services, const flow::Engine&) {
    for (const resource::Service* s : services.all()) {
      for (const resource::Route& r : s->routes()) {
        std::cout << fmt::format("{} {} {}{}{}\n", s->facts().name, r.method, r.pattern,
                                 r.action.empty() ? "" : " ", r.action);
      }
    }
  });
  return 0;
}

int version() {
  std::cout << "haneul " HANEUL_VERSION "\n";
  return 0;
}

}  // namespace haneul::cli
