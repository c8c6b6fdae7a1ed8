#include "access/rule_parser.h"

#include <gtest/gtest.h>

namespace haneul::access {
namespace {

std::string parsed(std::string_view text, std::size_t warnings = 0) {
  ParseNotes notes;
  const std::string out = rule_text(parse_rule(text, notes));
  EXPECT_EQ(notes.warnings.size(), warnings) << text;
  return out;
}

TEST(RuleParser, AndBindsTighterThanOr) {
  EXPECT_EQ(parsed("role:a or role:b and role:c"), "(role:a or (role:b and role:c))");
  EXPECT_EQ(parsed("role:a and role:b or role:c and role:d"),
            "((role:a and role:b) or (role:c and role:d))");
  EXPECT_EQ(parsed("(role:a or role:b) and role:c"), "((role:a or role:b) and role:c)");
  EXPECT_EQ(parsed("role:a and not role:b and role:c"), "(role:a and not role:b and role:c)");
  EXPECT_EQ(parsed("not (role:a or not not role:b)"), "not (role:a or not not role:b)");
}

TEST(RuleParser, WordsMayBeInAnyCaseAndSpaced) {
  EXPECT_EQ(parsed(" role:a\tOR\n( NOT role:b And @ ) "), "(role:a or (not role:b and @))");
  EXPECT_EQ(parsed("((role:a))"), "role:a");
}

TEST(RuleParser, NothingLetsEverybodyIn) {
  EXPECT_EQ(parsed(""), "@");
  EXPECT_EQ(parsed("@"), "@");
  EXPECT_EQ(parsed("!"), "!");
}

TEST(RuleParser, WhatIsNotUnderstoodDenies) {
  for (const char* bad : {" ", "and", "role:a and", "or role:a", "role:a role:b", "(role:a",
                          "role:a)", "()", "not", "'quoted'", "role:a or \"b\"", "(", ")"}) {
    EXPECT_EQ(parsed(bad, 1), "!") << bad;
  }
  EXPECT_EQ(parsed("role:a or admin", 1), "(role:a or !)");
  EXPECT_EQ(parsed("user_id:%(x)d", 1), "!");
  EXPECT_EQ(parsed("user_id:%(x", 1), "!");
  EXPECT_EQ(parsed("no.such:x", 1), "no.such:x");
  EXPECT_EQ(parsed("12ab:x", 1), "!");
  EXPECT_EQ(parsed(":x", 1), "!");
  EXPECT_EQ(parsed("field:networks", 1), "!");
  EXPECT_EQ(parsed("field:port:name=~[", 1), "!");
}

TEST(RuleParser, NestingHasALimit) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + "@" + std::string(depth, ')');
  };
  EXPECT_EQ(parsed(nested(60)), "@");
  EXPECT_EQ(parsed(nested(100'000), 1), "!");
  std::string negations;
  for (int i = 0; i < 100'000; ++i) negations += "not ";
  EXPECT_EQ(parsed(negations + "@", 1), "!");
}

TEST(RuleParser, RemoteChecksAreUnsupported) {
  ParseNotes notes;
  parse_rule("role:a or http://example.org/%(name)s", notes);
  EXPECT_EQ(notes.unsupported.size(), 1u);
}

TEST(RuleParser, OldListsAreOrsOfAnds) {
  const auto lists = [](const std::vector<std::vector<std::string>>& form) {
    ParseNotes notes;
    return rule_text(parse_rule(form, notes));
  };
  EXPECT_EQ(lists({}), "@");
  EXPECT_EQ(lists({{}}), "!");
  EXPECT_EQ(lists({{"role:a"}}), "role:a");
  EXPECT_EQ(lists({{"role:a"}, {}, {"role:b", "rule:c"}}), "(role:a or (role:b and rule:c))");
  EXPECT_EQ(lists({{"role:a or role:b"}}), "role:a or role:b");  // one check: a role of that name
}

}  // namespace
}  // namespace haneul::access
