#include <algorithm>
#include <array>
#include <iostream>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/blank.h"
#include "cli/commands.h"
#include "cli/metrics.h"
#include "cli/settings.h"
#include "config/file.h"
#include "resource/front.h"

namespace haneul::cli {
namespace {

std::string options_page() {
  Settings settings;
  return config::reference(sections(settings));
}

std::string metrics_page() {
  return "\n| metric | type | labels | what it counts |\n|---|---|---|---|\n" +
         resource::Front::metric_rows() + metric_rows();
}

std::string flows_page() {
  std::string page = "\n| flow | step | can be undone |\n|---|---|---|\n";
  with_blank_services([&](const services::Services&, const flow::Engine& flows) {
    const auto steps = flows.steps();
    for (const std::string& step : steps) {
      if (step.ends_with('~')) continue;
      const auto slash = step.find('/');
      const bool undone = std::find(steps.begin(), steps.end(), step + "~") != steps.end();
      page += fmt::format("| `{}` | `{}` | {} |\n", step.substr(0, slash), step.substr(slash + 1),
                          undone ? "yes" : "");
    }
  });
  return page;
}

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

std::string policies_page() {
  std::string page;
  for_every_service([&](const resource::Service& service) {
    page += fmt::format("\n## {}\n\n| policy | default | scope | asked by |\n|---|---|---|---|\n",
                        service.facts().name);
    const Policies all = service.policy().listed();
    for (const auto& policy : all) {
      const std::string operations = operations_of(all, policy.name);
      page += fmt::format("| `{}` | `{}` | {} | {} |\n", policy.name, policy.rule, policy.scopes,
                          operations.empty() ? "" : "`" + operations + "`");
    }
  });
  return page;
}

struct Page {
  std::string_view topic;
  std::string (*text)();
};
constexpr std::array kPages = {Page{"options", options_page}, Page{"metrics", metrics_page},
                               Page{"flows", flows_page}, Page{"policies", policies_page}};

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
  std::cerr << fmt::format("haneul: there is no reference of {}; there are: {}\n", options.topic,
                           join(topics, ", "));
  return 2;
}

}  // namespace haneul::cli
