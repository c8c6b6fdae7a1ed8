#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "access/rule.h"

namespace haneul::access {

// What parsing has to say to the operator.
struct ParseNotes {
  std::vector<std::string> warnings;     // parts that deny because they mean nothing
  std::vector<std::string> unsupported;  // parts that cannot be honoured: refuse the rule
};

// The policy language. Never fails: what cannot be understood denies, with a warning.
// Parentheses and `not` may nest 64 deep.
// upstream: openstack/oslo.policy:oslo_policy/_parser.py
Rule parse_rule(std::string_view text, ParseNotes& notes);
// The old form: one of the outer lists must hold, with all its checks.
Rule parse_rule(const std::vector<std::vector<std::string>>& lists, ParseNotes& notes);

// One check, without and, or, not and parentheses.
Rule parse_check(std::string_view text, ParseNotes& notes);

}  // namespace haneul::access
