#include "cli/blank.h"

#include <filesystem>

#include "base/id.h"
#include "base/log.h"
#include "cli/drivers.h"
#include "cli/runtime.h"

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
    const notify::Journal journal(clock);
    const resource::World world{*database, clock, flows, quota, journal};
    const services::Services all(world, {.state = path,
                                         .net = drivers->net(),
                                         .hosts = drivers->hosts(),
                                         .public_cidr = options.public_cidr});
    read(all, flows);
  }
  std::filesystem::remove_all(path);
}

void for_every_service(const std::function<void(const resource::Service&)>& tell) {
  with_blank_services([&](const services::Services& services, const flow::Engine&) {
    for (const resource::Service* s : services.all()) tell(*s);
  });
}

}  // namespace haneul::cli
