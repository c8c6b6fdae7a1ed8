#include "http/message.h"

#include <gtest/gtest.h>

namespace haneul::http {
namespace {

TEST(Headers, FindsTheFirstWithoutCase) {
  Headers headers;
  headers.add("X-Auth-Token", "a");
  headers.add("x-auth-token", "b");
  ASSERT_NE(headers.find("X-AUTH-TOKEN"), nullptr);
  EXPECT_EQ(*headers.find("X-AUTH-TOKEN"), "a");
  EXPECT_EQ(headers.get("absent"), "");
  EXPECT_EQ(headers.find("absent"), nullptr);
}

TEST(Headers, SetReplacesAllOfTheName) {
  Headers headers;
  headers.add("Vary", "a");
  headers.add("Other", "x");
  headers.add("vary", "b");
  headers.set("VARY", "c");
  EXPECT_EQ(headers.get("vary"), "c");
  EXPECT_EQ(headers.all().size(), 2U);
}

TEST(Query, DecodesPairsInOrder) {
  const auto query = Query::parse("a=1&b=x+y%26&a=2&flag&empty=&&%C3%A9=%e2%82%ac");
  ASSERT_TRUE(query);
  ASSERT_EQ(query->all().size(), 6U);
  EXPECT_EQ(*query->find("a"), "2");
  EXPECT_EQ(query->all_of("a"), (std::vector<std::string_view>{"1", "2"}));
  EXPECT_EQ(*query->find("b"), "x y&");
  EXPECT_TRUE(query->has("flag"));
  EXPECT_EQ(*query->find("flag"), "");
  EXPECT_EQ(*query->find("empty"), "");
  EXPECT_EQ(*query->find("\u00e9"), "\u20ac");
  EXPECT_EQ(query->find("c"), nullptr);
}

TEST(Query, KeepsFurtherEqualsSigns) {
  const auto query = Query::parse("filter=a=b=c");
  ASSERT_TRUE(query);
  EXPECT_EQ(*query->find("filter"), "a=b=c");
}

TEST(Query, EmptyTextIsNoPairs) {
  ASSERT_TRUE(Query::parse(""));
  EXPECT_TRUE(Query::parse("")->all().empty());
  EXPECT_TRUE(Query::parse("&&")->all().empty());
}

TEST(Query, RefusesBadEncodings) {
  for (const char* bad : {"a=%", "a=%4", "a=%zz", "%=1", "a=%ff", "a=%c3%28", "a=\xff"}) {
    EXPECT_FALSE(Query::parse(bad)) << bad;
  }
}

TEST(Query, RefusesMoreThanAThousandPairs) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "a=1&";
  ASSERT_TRUE(Query::parse(text));
  EXPECT_FALSE(Query::parse(text + "b=2"));
}

}  // namespace
}  // namespace haneul::http
