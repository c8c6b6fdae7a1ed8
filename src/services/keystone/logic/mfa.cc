#include "services/keystone/logic/mfa.h"

#include <algorithm>
#include <string_view>

namespace haneul::keystone {
namespace {

// Passcodes cannot be checked yet: a rule that asks for one must keep people out, not let them in.
constexpr std::string_view kKnown[] = {
    "external", "password", "token", "oauth1", "mapped", "totp", "application_credential"};

bool is_known(std::string_view method) {
  return std::find(std::begin(kKnown), std::end(kKnown), method) != std::end(kKnown);
}

// The known methods of a rule; none if the rule is not a list.
std::vector<std::string> methods_of(const json::Value& rule) {
  std::vector<std::string> methods;
  if (!rule.array()) return methods;
  for (const auto& method : *rule.array()) {
    if (method.text() && is_known(*method.text())) methods.push_back(*method.text());
  }
  return methods;
}

}  // namespace

bool mfa_satisfied(const json::Object& options, const std::vector<std::string>& methods) {
  const json::Value* enabled = options.find("multi_factor_auth_enabled");
  if (enabled && enabled->boolean() && !*enabled->boolean()) return true;
  const json::Value* rules = options.find("multi_factor_auth_rules");
  if (!rules || !rules->array()) return true;
  const auto was_used = [&](const std::string& m) {
    return std::find(methods.begin(), methods.end(), m) != methods.end();
  };
  bool any_rule = false;
  for (const auto& value : *rules->array()) {
    const auto rule = methods_of(value);
    if (rule.empty()) continue;
    if (std::all_of(rule.begin(), rule.end(), was_used)) return true;
    any_rule = true;
  }
  return !any_rule;
}

}  // namespace haneul::keystone
