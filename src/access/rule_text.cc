#include <algorithm>

#include "access/rule.h"
#include "base/text.h"

namespace haneul::access {
namespace {

std::string joined(const std::vector<Rule>& parts, std::string_view word) {
  std::vector<std::string> texts;
  for (const Rule& part : parts) texts.push_back(rule_text(part));
  return "(" + join(texts, word) + ")";
}

std::string show(const Credential& credential) {
  if (const auto* text = std::get_if<std::string_view>(&credential)) return std::string(*text);
  if (const auto* truth = std::get_if<bool>(&credential)) return *truth ? "True" : "False";
  if (const auto* texts = std::get_if<const std::vector<std::string>*>(&credential)) {
    return join(**texts, ", ");
  }
  if (const auto* ids = std::get_if<const std::vector<RoleId>*>(&credential)) {
    std::vector<std::string> texts;
    for (const RoleId& id : **ids) texts.push_back(id.text);
    return join(texts, ", ");
  }
  return std::holds_alternative<std::nullptr_t>(credential) ? "None" : "nothing";
}

// The two sides of a check that compares.
std::string sides(const Rule& rule, const std::string& caller_side, const Target& target) {
  const auto filled = rule.pattern.fill(target);
  if (!filled.missing.empty()) return " (the target has no " + filled.missing + ")";
  return " (" + caller_side + " against " + filled.text + ")";
}

std::string check_why(const Rule& rule, const Caller& caller, const Target& target) {
  const std::string said = holds(rule, caller, target) ? " is true" : " is false";
  std::string text = rule_text(rule) + said;
  switch (rule.op) {
    case Rule::Op::role:
      return text + (caller.roles.empty() ? " (the caller has no roles)"
                                          : " (the caller has " + join(caller.roles, ", ") + ")");
    case Rule::Op::literal:
      return text + sides(rule, rule.literal, target);
    case Rule::Op::credential:
      return text + sides(rule, show(rule.credential(caller)), target);
    default:
      return text;
  }
}

// What each part that counted has to say.
std::string parts_why(const Rule& rule, bool deciding, const Caller& caller, const Target& target) {
  std::vector<std::string> reasons;
  for (const Rule& part : rule.parts) {
    if (holds(part, caller, target) == deciding) return why(part, caller, target);
    reasons.push_back(why(part, caller, target));
  }
  return join(reasons, ", ");
}

}  // namespace

std::string rule_text(const Rule& rule) {
  switch (rule.op) {
    case Rule::Op::always:
      return "@";
    case Rule::Op::never:
      return rule.kind.empty() ? "!" : rule.kind + ":" + rule.match;
    case Rule::Op::all_of:
      return joined(rule.parts, " and ");
    case Rule::Op::any_of:
      return joined(rule.parts, " or ");
    case Rule::Op::negation:
      return "not " + rule_text(rule.parts.front());
    default:
      return rule.kind + ":" + rule.match;
  }
}

std::string why(const Rule& rule, const Caller& caller, const Target& target) {
  switch (rule.op) {
    case Rule::Op::all_of:
      return parts_why(rule, false, caller, target);
    case Rule::Op::any_of:
      return parts_why(rule, true, caller, target);
    case Rule::Op::negation:
      return why(rule.parts.front(), caller, target);
    case Rule::Op::reference: {
      if (!rule.refers_to) return rule_text(rule) + " is false (there is no such rule)";
      return rule_text(rule) + " [" + why(*rule.refers_to, caller, target) + "]";
    }
    default:
      return check_why(rule, caller, target);
  }
}

}  // namespace haneul::access
