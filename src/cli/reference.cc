#include <algorithm>
#include <array>
#include <iostream>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/blank.h"
#include "cli/commands.h"
#include "cli/every_service.h"
#include "cli/metrics.h"
#include "cli/settings.h"
#include "config/file.h"
#include "resource/front.h"

namespace haneul::cli {
namespace {

using Policies = std::vector<access::ListedPolicy>;

// A rule of a part, as create_port:mac_address, is asked where the rule of the whole is.
std::string operations_of(const Policies& all, std::string name) {
  for (;;) {
    for (const auto& policy : all) {
      if (policy.name == name && !policy.operations.empty()) return policy.operations;
    }
    const auto colon = name.rfind(':');
    if (colon == name.npos) return {};
    name.resize(colon);
  }
}

void print_policies(const resource::Service& service) {
  std::cout << "\n## " << service.facts().name
            << "\n\n| policy | default | scope | asked by |\n|---|---|---|---|\n";
  const Policies all = service.policy().listed();
  for (const auto& policy : all) {
    const std::string operations = operations_of(all, policy.name);
    std::cout << "| `" << policy.name << "` | `" << policy.rule << "` | " << policy.scopes << " | "
              << (operations.empty() ? "" : "`" + operations + "`") << " |\n";
  }
}

}  // namespace

int reference(const Options& options) {
  std::vector<std::string> topics;
  for (const Page& page : kPages) {
    if (page.topic == options.topic) {
      std::cout << page.text();
      return 0;
    }
    topics.emplace_back(page.topic);
  }
  if (options.topic == "metrics") {
    std::cout << "\n| metric | type | labels | what it counts |\n|---|---|---|---|\n"
              << resource::Front::metric_rows() << metric_rows();
    return 0;
  }
  if (options.topic == "policies") {
    for_every_service(print_policies);
    return 0;
  }
  std::cerr << "haneul: there is no reference of " << options.topic
            << "; there are: options, metrics, policies\n";
  return 2;
}

}  // namespace haneul::cli
