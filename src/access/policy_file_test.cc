#include <gtest/gtest.h>

#include "access/policy.h"

namespace haneul::access {
namespace {

TEST(PolicyFile, ReadsYamlAndJson) {
  const auto yaml = parse_policy_file(
      "# comment\n\"a\": \"role:x\"\nb: role:y or role:z\nc: '!'\nd: ''\n"
      "e: [[role:a, role:b], role:c]\nf: []\n\"g:h\": >\n  role:x\n  or role:y\n");
  ASSERT_TRUE(yaml) << yaml.reason();
  ASSERT_EQ(yaml->size(), 7u);
  EXPECT_EQ((*yaml)[0].rule, "role:x");
  EXPECT_EQ((*yaml)[1].rule, "role:y or role:z");
  EXPECT_EQ((*yaml)[2].rule, "!");
  EXPECT_EQ((*yaml)[3].rule, "");
  EXPECT_FALSE((*yaml)[3].is_list);
  EXPECT_EQ((*yaml)[4].lists,
            (std::vector<std::vector<std::string>>{{"role:a", "role:b"}, {"role:c"}}));
  EXPECT_TRUE((*yaml)[5].is_list && (*yaml)[5].lists.empty());
  EXPECT_EQ((*yaml)[6].name, "g:h");
  EXPECT_EQ((*yaml)[6].rule, "role:x or role:y\n");

  const auto json = parse_policy_file(R"({"a": "role:x", "b": [["role:y"]]})");
  ASSERT_TRUE(json) << json.reason();
  EXPECT_EQ((*json)[1].lists.front().front(), "role:y");
}

TEST(PolicyFile, EmptyFilesChangeNothing) {
  for (const char* empty : {"", "\n", "# only a comment\n", "{}"}) {
    const auto made = parse_policy_file(empty);
    ASSERT_TRUE(made) << empty;
    EXPECT_TRUE(made->empty());
  }
}

TEST(PolicyFile, ARuleOfNothingLetsEverybodyInAsUpstream) {
  const auto made = parse_policy_file("a:\nb: ~\n");
  ASSERT_TRUE(made);
  EXPECT_EQ((*made)[0].rule, "");
  EXPECT_EQ((*made)[1].rule, "");
}

TEST(PolicyFile, SaysWhatIsWrong) {
  for (const char* bad :
       {"[a, b]", "text", "a: {b: c}", "a: [{b: c}]", "a: [[1]]", "a: 12", "a: true", "a: !",
        "a: ! # nobody", "[a]: b", "a: @", "a: 'x", "a: [", "a: b: c", "\x01", "? [[[["}) {
    EXPECT_FALSE(parse_policy_file(bad)) << bad;
  }
  EXPECT_FALSE(parse_policy_file(std::string(100'000, '[')));
  EXPECT_FALSE(parse_policy_file(std::string(2 << 20, ' ')));
  EXPECT_EQ(parse_policy_file("a: !").reason(),
            "the rule of \"a\" is a bare !, which needs quotes in YAML");
}

}  // namespace
}  // namespace haneul::access
