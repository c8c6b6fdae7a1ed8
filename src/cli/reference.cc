#include <iostream>

#include "cli/commands.h"
#include "cli/settings.h"
#include "config/file.h"

namespace haneul::cli {

int reference(const Options& options) {
  if (options.topic == "options") {
    Settings settings;
    std::cout << config::reference(sections(settings));
    return 0;
  }
  std::cerr << "haneul: there is no reference of " << options.topic << "; there is: options\n";
  return 2;
}

}  // namespace haneul::cli
