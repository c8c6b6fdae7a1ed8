#include "services/keystone/logic/mapping.h"

#include <gtest/gtest.h>

#include "services/keystone/logic/mapping_schema.h"

namespace haneul::keystone {
namespace {

json::Value parsed(std::string_view text) {
  const auto value = json::parse(text);
  EXPECT_TRUE(value) << text;
  return value.value_or(json::Value());
}

const Assertion kAda{{"login", {"ada"}},
                     {"mail", {"ada@example.org"}},
                     {"teams", {"red", "green", "it's"}},
                     {"kind", {"staff"}}};

Result<MappedIdentity> mapped(std::string_view rules, const Assertion& who = kAda,
                              std::string_view version = "1.0") {
  const auto value = parsed(rules);
  EXPECT_EQ(mapping_problems(value, version), "");
  return map_assertion(value, version, who);
}

// One line for each condition of a rule, and whether Ada meets it.
struct Condition {
  const char* remote;
  bool applies;
};
constexpr Condition kConditions[] = {
    {R"({"type":"login"})", true},
    {R"({"type":"absent"})", false},
    {R"({"type":"kind","any_one_of":["staff","guest"]})", true},
    {R"({"type":"kind","any_one_of":["guest"]})", false},
    {R"({"type":"kind","any_one_of":["^st"],"regex":true})", true},
    {R"({"type":"kind","any_one_of":["^ff"],"regex":true})", false},
    {R"({"type":"kind","any_one_of":["^st"],"regex":false})", false},
    {R"({"type":"kind","any_one_of":[5]})", false},
    {R"({"type":"kind","not_any_of":["guest"]})", true},
    {R"({"type":"kind","not_any_of":["guest","staff"]})", false},
    {R"({"type":"kind","not_any_of":["af+$"],"regex":true})", false},
    {R"({"type":"teams","any_one_of":["green"]})", true},
    {R"({"type":"teams","not_any_of":["green"]})", false},
    {R"({"type":"absent","not_any_of":["green"]})", false},
};

TEST(Mapping, RulesApplyByTheirConditions) {
  for (const auto& [remote, applies] : kConditions) {
    const auto rules =
        std::string(R"([{"remote":[)") + remote + R"(],"local":[{"user":{"name":"x"}}]}])";
    EXPECT_EQ(static_cast<bool>(mapped(rules)), applies) << remote;
  }
}

TEST(Mapping, ConditionsTakeNoPlaceAmongTheValues) {
  const auto who = mapped(R"([{"remote":[{"type":"kind","any_one_of":["staff"]},{"type":"login"},
      {"type":"mail"}],"local":[{"user":{"name":"{0}","email":"{1}","id":"{{{0}}}"}}]}])");
  ASSERT_TRUE(who);
  EXPECT_EQ(who->user.name, "ada");
  EXPECT_EQ(who->user.email, "ada@example.org");
  EXPECT_EQ(who->user.id, "{ada}");
  EXPECT_FALSE(who->user.is_local);
}

TEST(Mapping, AMatchThatIsNotThereEndsIt) {
  for (const char* name : {"{1}", "{x}", "{0", "{-1}"}) {
    const auto rules = std::string(R"([{"remote":[{"type":"login"}],"local":[{"user":{"name":")") +
                       name + R"("}}]}])";
    const auto who = mapped(rules);
    ASSERT_FALSE(who) << name;
    EXPECT_NE(who.reason().find("doesn't exist"), std::string::npos);
  }
}

struct Chosen {
  const char* condition;
  std::vector<std::string> groups;
};

TEST(Mapping, ListsAreFilteredAndMappedWhole) {
  const Chosen all[] = {{R"(,"whitelist":["green","red","blue"])", {"red", "green"}},
                        {R"(,"whitelist":["green"])", {"green"}},
                        {R"(,"whitelist":["none"])", {}},
                        {R"(,"whitelist":["^r","'"],"regex":true)", {"red", "it's"}},
                        {R"(,"blacklist":["green"])", {"red", "it's"}},
                        {R"(,"blacklist":["e"],"regex":true)", {"it's"}},
                        {"", {"red", "green", "it's"}}};
  for (const auto& [condition, groups] : all) {
    const auto rules = std::string(R"([{"remote":[{"type":"teams")") + condition +
                       R"(}],"local":[{"groups":"{0}","domain":{"name":"D"}}]}])";
    const auto who = mapped(rules);
    ASSERT_TRUE(who) << rules;
    std::vector<std::string> names;
    for (const auto& group : who->groups) {
      EXPECT_EQ(group.domain.name, "D");
      names.push_back(group.name);
    }
    EXPECT_EQ(names, groups) << rules;
  }
}

TEST(Mapping, GroupsByIdAndByName) {
  const auto who = mapped(R"([
      {"remote":[{"type":"login"}],"local":[{"group":{"id":"g1"}},{"group":{"id":"g1"}},
        {"group":{"name":"ops","domain":{"id":"d1"}}},{"group_ids":"['g2', \"g3\"]"},
        {"group_ids":"g4"}]},
      {"remote":[{"type":"absent"}],"local":[{"group":{"id":"never"}}]}])");
  ASSERT_TRUE(who);
  EXPECT_EQ(who->group_ids, (std::vector<std::string>{"g1", "g2", "g3", "g4"}));
  EXPECT_EQ(who->groups, (std::vector<MappedGroup>{{"ops", {"d1", ""}}}));
}

TEST(Mapping, GroupsOfAnotherCloud) {
  const Assertion one{{"openstack_groups", {R"(JSON:{"name":"g","domain":{"name":"D"}})"}}};
  const Assertion two{{"openstack_groups",
                       {R"(JSON:{"name":"g","domain":{"name":"D"}})",
                        R"(JSON:{"name":"it's","domain":{"name":"D"}})"}}};
  constexpr auto kRules =
      R"([{"remote":[{"type":"openstack_groups"}],"local":[{"groups":"{0}"}]}])";
  EXPECT_EQ(mapped(kRules, one)->groups, (std::vector<MappedGroup>{{"g", {"", "D"}}}));
  EXPECT_EQ(mapped(kRules, two)->groups,
            (std::vector<MappedGroup>{{"g", {"", "D"}}, {"it's", {"", "D"}}}));
  const auto bad = mapped(kRules, {{"openstack_groups", {"red"}}});
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.reason().find("Both 'groups' and 'domain'"), std::string::npos);
}

TEST(Mapping, TheFirstUserCounts) {
  const auto who = mapped(R"([
      {"remote":[{"type":"login"}],"local":[{"user":{"name":"{0}","type":"local",
        "domain":{"id":"default"}}}]},
      {"remote":[{"type":"mail"}],"local":[{"user":{"name":"{0}"}}]}])");
  ASSERT_TRUE(who);
  EXPECT_EQ(who->user.name, "ada");
  EXPECT_TRUE(who->user.is_local);
  EXPECT_EQ(who->user.domain.id, "default");
}

TEST(Mapping, ProjectsWithRolesAndDomains) {
  constexpr auto kRules = R"([{"remote":[{"type":"login"},{"type":"kind"}],"local":[
      {"user":{"name":"{0}"}},
      {"domain":{"name":"Mine"},"projects":[{"name":"of {0}","roles":[{"name":"member"},
        {"name":"{1}"}]}%s]}]}])";
  std::string rules(kRules);
  rules.replace(rules.find("%s"), 2, "");
  const auto old = mapped(rules);
  ASSERT_TRUE(old);
  ASSERT_EQ(old->projects.size(), 1u);
  EXPECT_EQ(old->projects[0].name, "of ada");
  EXPECT_EQ(old->projects[0].roles, (std::vector<std::string>{"member", "staff"}));
  EXPECT_TRUE(old->projects[0].domain.empty());
  EXPECT_TRUE(old->user.domain.empty());
  rules = kRules;
  rules.replace(rules.find("%s"), 2, R"(,{"name":"o","roles":[],"domain":{"id":"other"}})");
  EXPECT_NE(mapping_problems(parsed(rules), "1.0").find("'domain' was unexpected"),
            std::string::npos);
  const auto fresh = mapped(rules, kAda, "2.0");
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->projects[0].domain.name, "Mine");
  EXPECT_EQ(fresh->projects[1].domain.id, "other");
  EXPECT_EQ(fresh->user.domain.name, "Mine");
}

TEST(Mapping, ListsArePythons) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(texts_of_literal("[]"), Texts{});
  EXPECT_EQ(texts_of_literal("['a', \"b\"]"), (Texts{"a", "b"}));
  EXPECT_EQ(texts_of_literal("['a\\'b', 'c\\\\']"), (Texts{"a'b", "c\\"}));
  for (const char* itself : {"", "a", "5", "[5]", "['a'", "['a' 'b']", "[a]"}) {
    EXPECT_EQ(texts_of_literal(itself), Texts{itself});
  }
}

struct Wrong {
  const char *rules, *why;
};
constexpr Wrong kWrong[] = {
    {R"({})", "{} is not of type 'array'"},
    {R"([])", "[] is too short"},
    {R"([5])", "5 is not of type 'object'"},
    {R"([{"remote":[{"type":"a"}]}])", "'local' is a required property"},
    {R"([{"local":[]}])", "'remote' is a required property"},
    {R"([{"local":[],"remote":[]}])", "[] is too short"},
    {R"([{"local":[],"remote":[{"type":"a"}],"more":1}])", "('more' was unexpected)"},
    {R"([{"local":[{"usr":{}}],"remote":[{"type":"a"}]}])", "('usr' was unexpected)"},
    {R"([{"local":[{"user":{"type":"x"}}],"remote":[{"type":"a"}]}])", "is not one of"},
    {R"([{"local":[{"user":{"name":5}}],"remote":[{"type":"a"}]}])", "5 is not of type 'string'"},
    {R"([{"local":[{"group":{}}],"remote":[{"type":"a"}]}])", "is not valid under any"},
    {R"([{"local":[{"group":{"name":"n"}}],"remote":[{"type":"a"}]}])", "is not valid under any"},
    {R"([{"local":[{"groups":[]}],"remote":[{"type":"a"}]}])", "[] is not of type 'string'"},
    {R"([{"local":[{"domain":{"x":"y"}}],"remote":[{"type":"a"}]}])", "('x' was unexpected)"},
    {R"([{"local":[{"projects":[{"name":"n"}]}],"remote":[{"type":"a"}]}])", "'roles' is a req"},
    {R"([{"local":[],"remote":[{}]}])", "is not valid under any"},
    {R"([{"local":[],"remote":[{"type":"a","regex":true}]}])", "is not valid under any"},
    {R"([{"local":[],"remote":[{"type":"a","whitelist":[],"blacklist":[]}]}])",
     "is not valid under any"},
    {R"([{"local":[],"remote":[{"type":"a","any_one_of":"x"}]}])", "is not valid under any"},
    {R"([{"local":[],"remote":[{"type":"a","any_one_of":["("],"regex":true}]}])",
     "'(' is not a regular expression"},
    {R"([{"local":[],"remote":[{"type":"a","more":[]}]}])", "is not valid under any"},
};

TEST(MappingSchema, SaysWhatIsWrong) {
  for (const auto& [rules, why] : kWrong) {
    const auto problems = mapping_problems(parsed(rules), "1.0");
    EXPECT_NE(problems.find(why), std::string::npos) << rules << "\n" << problems;
  }
  EXPECT_TRUE(is_mapping_schema("2.0"));
  EXPECT_FALSE(is_mapping_schema("4.0"));
}

}  // namespace
}  // namespace haneul::keystone
