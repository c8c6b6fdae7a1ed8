#include <iostream>

#include <fmt/format.h>

#include "cli/blank.h"
#include "cli/commands.h"

#ifndef HANEUL_VERSION
#error "the build gives the version"
#endif

namespace haneul::cli {

int routes() {
  for_every_service([](const resource::Service& s) {
    for (const resource::Route& r : s.routes()) {
      // The router answers HEAD by what GET would.
      const std::string method = r.method == "GET" ? "GET,HEAD" : r.method;
      std::cout << fmt::format("{} {} {}{}{}\n", s.facts().name, method,
                               r.pattern.empty() ? "/" : r.pattern, r.action.empty() ? "" : " ",
                               r.action);
    }
  });
  return 0;
}

int version() {
  std::cout << "haneul " HANEUL_VERSION "\n";
  return 0;
}

}  // namespace haneul::cli
