#include "cli/every_service.h"

#include "base/id.h"
#include "base/log.h"
#include "cli/drivers.h"
#include "cli/runtime.h"

namespace haneul::cli {

void for_every_service(const std::function<void(const resource::Service&)>& tell) {
  log::set_level(log::Level::error);
  const auto path = std::filesystem::temp_directory_path() / ("haneul-routes-" + new_hex_id());
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
    for (const resource::Service* s : all.all()) tell(*s);
  }
  std::filesystem::remove_all(path);
}

}  // namespace haneul::cli
