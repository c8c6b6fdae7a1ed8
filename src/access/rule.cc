#include "access/rule.h"

#include <algorithm>

namespace haneul::access {
namespace {

bool equals(const Rule& rule, const Credential& credential, const Target& target) {
  const auto is = [&](std::string_view text) { return rule.pattern.matches(target, text); };
  if (const auto* text = std::get_if<std::string_view>(&credential)) return is(*text);
  if (const auto* truth = std::get_if<bool>(&credential)) return is(*truth ? "True" : "False");
  if (const auto* texts = std::get_if<const std::vector<std::string>*>(&credential)) {
    return std::any_of((*texts)->begin(), (*texts)->end(), is);
  }
  if (const auto* ids = std::get_if<const std::vector<RoleId>*>(&credential)) {
    return std::any_of((*ids)->begin(), (*ids)->end(),
                       [&](const RoleId& id) { return is(id.text); });
  }
  // upstream: a domain token's missing project equals a target whose project is null.
  return std::holds_alternative<std::nullptr_t>(credential) && is("None");
}

}  // namespace

bool holds(const Rule& rule, const Caller& caller, const Target& target) {
  const auto part_holds = [&](const Rule& part) { return holds(part, caller, target); };
  switch (rule.op) {
    case Rule::Op::always:
      return true;
    case Rule::Op::never:
      return false;
    case Rule::Op::all_of:
      return std::all_of(rule.parts.begin(), rule.parts.end(), part_holds);
    case Rule::Op::any_of:
      return std::any_of(rule.parts.begin(), rule.parts.end(), part_holds);
    case Rule::Op::negation:
      return !part_holds(rule.parts.front());
    case Rule::Op::reference:
      return rule.refers_to != nullptr && part_holds(*rule.refers_to);
    case Rule::Op::role:
      return std::any_of(caller.roles.begin(), caller.roles.end(), [&](const std::string& role) {
        return rule.pattern.matches(target, role, true);
      });
    case Rule::Op::literal:
      return rule.pattern.matches(target, rule.literal);
    case Rule::Op::credential:
      return equals(rule, rule.credential(caller), target);
    case Rule::Op::admin:
      return caller.is_admin == rule.expected_admin;
    case Rule::Op::field:
      return rule.field->holds(target);
  }
  return false;
}

}  // namespace haneul::access
