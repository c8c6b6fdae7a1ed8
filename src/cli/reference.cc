#include <iostream>

#include "cli/commands.h"
#include "cli/metrics.h"
#include "cli/settings.h"
#include "config/file.h"
#include "resource/front.h"

namespace haneul::cli {

int reference(const Options& options) {
  if (options.topic == "options") {
    Settings settings;
    std::cout << config::reference(sections(settings));
    return 0;
  }
  if (options.topic == "metrics") {
    std::cout << "\n| metric | type | labels | what it counts |\n|---|---|---|---|\n"
              << resource::Front::metric_rows() << metric_rows();
    return 0;
  }
  std::cerr << "haneul: there is no reference of " << options.topic
            << "; there are: options, metrics\n";
  return 2;
}

}  // namespace haneul::cli
