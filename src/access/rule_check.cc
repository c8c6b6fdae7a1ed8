#include "access/rule_parser.h"
#include "base/text.h"

namespace haneul::access {
namespace {

enum class Literal { none, good, bad };

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

// What Python's ast.literal_eval makes of the left side, as str() shows it. Numbers in any but
// their canonical form, escapes and containers are not used by anybody and count as bad.
Literal parse_literal(std::string_view kind, std::string& shown) {
  shown = kind;
  if (kind == "True" || kind == "False" || kind == "None") return Literal::good;
  const char first = kind.empty() ? '\0' : kind.front();
  if (first == '\'' || first == '"') {
    const bool closed = kind.size() >= 2 && kind.back() == first;
    const std::string_view inner = closed ? kind.substr(1, kind.size() - 2) : kind;
    shown = inner;
    const bool plain = inner.find(first) == inner.npos && inner.find('\\') == inner.npos;
    return closed && plain ? Literal::good : Literal::bad;
  }
  std::string_view number = kind;
  if (first == '-') number.remove_prefix(1);
  if (all_digits(number)) {
    const bool canonical = number == "0" ? first != '-' : number.front() != '0';
    return canonical ? Literal::good : Literal::bad;
  }
  const bool name =
      (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '_';
  return name ? Literal::none : Literal::bad;
}

Rule never(std::string_view text, const char* because, ParseNotes& notes) {
  notes.warnings.push_back("\"" + std::string(text) + "\" " + because);
  return {};
}

Rule generic(Rule rule, std::string_view text, ParseNotes& notes) {
  switch (parse_literal(rule.kind, rule.literal)) {
    case Literal::good:
      rule.op = Rule::Op::literal;
      return rule;
    case Literal::bad:
      return never(text, "has no name or literal on its left", notes);
    case Literal::none:
      break;
  }
  rule.credential = find_credential(rule.kind);
  if (!rule.credential) {
    notes.warnings.push_back("\"" + std::string(text) + "\" asks for what no token says");
    return rule;
  }
  rule.op = Rule::Op::credential;
  return rule;
}

// upstream: openstack/nova:nova/policy.py IsAdminCheck. "1" is Keystone's: true for the program.
Rule admin(Rule rule) {
  const std::string expected = lower(rule.match);
  if (expected == "true" || expected == "1") {
    rule.op = Rule::Op::admin;
  } else if (expected == "false") {
    rule.op = Rule::Op::admin;
    rule.expected_admin = false;
  }
  return rule;
}

}  // namespace

Rule parse_check(std::string_view text, ParseNotes& notes) {
  Rule rule;
  if (text == "!") return rule;
  if (text == "@") {
    rule.op = Rule::Op::always;
    return rule;
  }
  const auto colon = text.find(':');
  if (colon == text.npos) return never(text, "is no check: it has no colon", notes);
  rule.kind = text.substr(0, colon);
  rule.match = text.substr(colon + 1);
  if (rule.kind == "http" || rule.kind == "https") {
    notes.unsupported.push_back("\"" + std::string(text) + "\" asks a remote server");
    return rule;
  }
  if (rule.kind == "rule") {
    rule.op = Rule::Op::reference;
    return rule;
  }
  if (rule.kind == "is_admin") return admin(std::move(rule));
  if (rule.kind == "field") {
    rule.field = FieldTest::parse(rule.match);
    if (!rule.field) return never(text, "is no field:resource:attribute=value", notes);
    rule.op = Rule::Op::field;
    return rule;
  }
  auto pattern = Pattern::parse(rule.match);
  if (!pattern) return never(text, "may use %(name)s only", notes);
  rule.pattern = std::move(*pattern);
  if (rule.kind == "role") {
    rule.op = Rule::Op::role;
    return rule;
  }
  return generic(std::move(rule), text, notes);
}

}  // namespace haneul::access
