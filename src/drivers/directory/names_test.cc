#include "drivers/directory/names.h"

#include <gtest/gtest.h>

namespace haneul::directory {
namespace {

TEST(NamesTest, LeavesNoSyntaxInFilters) {
  EXPECT_EQ(escaped_in_filter("*)(uid=*"), "\\2a\\29\\28uid=\\2a");
  EXPECT_EQ(escaped_in_filter(std::string_view("a\0b\\c", 5)), "a\\00b\\5cc");
  EXPECT_EQ(escaped_in_filter("김하늘"), "김하늘");
}

TEST(NamesTest, LeavesNoSyntaxInNames) {
  for (const std::string value : {"a,b+c", " #lead", "tail ", "q\"<>;=\\", "#x", "\n", "하늘"}) {
    const auto parts = parse_dn("cn=" + escaped_in_dn(value) + ",dc=x");
    ASSERT_TRUE(parts) << value;
    ASSERT_EQ(parts->size(), 2u) << value;
    ASSERT_EQ(parts->front().size(), 1u) << value;
    EXPECT_EQ(parts->front().front().value, value);
  }
}

TEST(NamesTest, ReadsNames) {
  const auto parts = parse_dn("CN=Kim\\, Haneul + uid=k1 , ou=\"a,b\",dc=\\E2\\82\\ACx");
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 3u);
  ASSERT_EQ(parts->at(0).size(), 2u);
  EXPECT_EQ(parts->at(0)[0].type, "cn");
  EXPECT_EQ(parts->at(0)[0].value, "Kim, Haneul");
  EXPECT_EQ(parts->at(0)[1].value, "k1");
  EXPECT_EQ(parts->at(1)[0].value, "a,b");
  EXPECT_EQ(parts->at(2)[0].value, "€x");
  EXPECT_TRUE(parse_dn("")->empty());
  for (const char* bad : {"x", "=a", "cn=a,", "cn=a\\", "cn=\"a", "c n=a"}) {
    EXPECT_FALSE(parse_dn(bad)) << bad;
  }
}

TEST(NamesTest, ComparesNamesAsDirectoriesDo) {
  EXPECT_EQ(comparable_dn("CN=Ann  Lee, DC=Example"), comparable_dn("cn=ann lee,dc=example"));
  EXPECT_EQ(comparable_dn("b=2+a=1"), comparable_dn("A=1+B=2"));
  EXPECT_NE(comparable_dn("cn=a\\,dc=b"), comparable_dn("cn=a,dc=b"));
  EXPECT_EQ(comparable_dn("no name"), "no name");
}

}  // namespace
}  // namespace haneul::directory
