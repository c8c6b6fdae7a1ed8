#include "services/keystone/logic/mfa.h"

#include <algorithm>
#include <string_view>

namespace haneul::keystone {
namespace {

using Rule = std::vector<std::string>;

template <class Range>
bool has(const Range& range, std::string_view method) {
  return std::find(std::begin(range), std::end(range), method) != std::end(range);
}

// The active methods of a rule, each once; none if the rule is not a list.
Rule methods_of(const json::Value& rule, AuthMethods active) {
  Rule methods;
  if (!rule.array()) return methods;
  for (const auto& method : *rule.array()) {
    if (!method.text() || !has(active, *method.text())) continue;
    if (!has(methods, *method.text())) methods.push_back(*method.text());
  }
  return methods;
}

std::vector<Rule> rules_of(const json::Object& options, AuthMethods active) {
  std::vector<Rule> rules;
  const json::Value* given = options.find("multi_factor_auth_rules");
  if (!given || !given->array()) return rules;
  for (const auto& value : *given->array()) {
    Rule rule = methods_of(value, active);
    if (!rule.empty()) rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace

bool mfa_satisfied(const json::Object& options, const std::vector<std::string>& methods,
                   AuthMethods active) {
  const json::Value* enabled = options.find("multi_factor_auth_enabled");
  if (enabled && enabled->boolean() && !*enabled->boolean()) return true;
  const auto rules = rules_of(options, active);
  const auto is_met = [&](const Rule& rule) {
    return std::all_of(rule.begin(), rule.end(), [&](const auto& m) { return has(methods, m); });
  };
  return rules.empty() || std::any_of(rules.begin(), rules.end(), is_met);
}

std::vector<Rule> mfa_rules_begun(const json::Object& options,
                                  const std::vector<std::string>& methods, AuthMethods active) {
  auto rules = rules_of(options, active);
  std::erase_if(rules, [&](const Rule& rule) {
    return std::none_of(rule.begin(), rule.end(), [&](const auto& m) { return has(methods, m); });
  });
  return rules;
}

}  // namespace haneul::keystone
