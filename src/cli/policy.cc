#include <iostream>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/blank.h"
#include "cli/commands.h"
#include "json/value.h"

namespace haneul::cli {
namespace {

access::Caller caller_of(const PolicyQuestion& q) {
  access::Caller caller;
  caller.user_id = access::UserId(q.user);
  caller.project_id = access::ProjectId(q.project);
  caller.domain_id = access::DomainId(q.domain);
  if (q.system) caller.system_scope = "all";
  for (const auto role : split(q.roles, ',')) {
    if (!trim(role).empty()) caller.roles.emplace_back(trim(role));
  }
  return caller;
}

// The caller's own project and user, and what --target says instead.
json::Value target_of(const PolicyQuestion& q) {
  json::Object target{{"project_id", q.project}, {"tenant_id", q.project}, {"user_id", q.user}};
  for (const std::string& pair : q.targets) {
    const auto at = pair.find('=');
    if (at == pair.npos) {
      throw std::runtime_error(
          fmt::format("--target takes NAME=VALUE, as project_id=p1, and not {}", pair));
    }
    target.set(pair.substr(0, at), pair.substr(at + 1));
  }
  return json::Value(std::move(target));
}

}  // namespace

int policy(const Options& options) {
  const PolicyQuestion& q = options.question;
  const json::Value attributes = target_of(q);
  const access::ValueTarget target(attributes);
  const access::Caller caller = caller_of(q);
  bool known = false, allowed = true;
  for_every_service([&](const resource::Service& s) {
    if (!s.policy().has(q.rule) || (!q.service.empty() && q.service != s.facts().name)) return;
    known = true;
    allowed = allowed && s.policy().check(q.rule, caller, target);
    std::cout << s.facts().name << ": " << s.policy().explain(q.rule, caller, target) << "\n";
  });
  if (!known) {
    std::cerr << "haneul: no service has a policy named " << q.rule
              << "; docs/policies.md and `haneul reference policies` list them\n";
    return 2;
  }
  return allowed ? 0 : 1;
}

}  // namespace haneul::cli
