#include "json/value.h"

#include <gtest/gtest.h>

namespace haneul::json {
namespace {

TEST(Json, ReadsAndWritesBack) {
  const std::string text = R"({"a":[1,-2.5,"x\n\u00e9",null,true],"b":{"c":{}}})";
  const auto value = parse(text);
  ASSERT_TRUE(value);
  EXPECT_EQ(dump(*value), "{\"a\":[1,-2.5,\"x\\n\u00e9\",null,true],\"b\":{\"c\":{}}}");
  EXPECT_TRUE(value->at({"b", "c"})->object()->empty());
}

TEST(Json, RepeatedKeyKeepsTheLast) {
  EXPECT_EQ(dump(*parse(R"({"a":1,"a":2})")), R"({"a":2})");
}

TEST(Json, RefusesWhatIsNotOneDocument) {
  for (const char* bad : {"", "{", "{}x", "[1,]", "{'a':1}", "nul", "\"\xff\"", "{\"a\" 1}"}) {
    std::string why;
    EXPECT_FALSE(parse(bad, &why)) << bad;
    EXPECT_NE(why, "");
  }
}

TEST(Json, HasLimits) {
  EXPECT_FALSE(parse(std::string(100, '[') + std::string(100, ']')));
  EXPECT_FALSE(parse("[1,2,3,4]", nullptr, {.members_max = 3}));
}

TEST(Json, BigIntegersBecomeNumbers) {
  EXPECT_EQ(*parse("9223372036854775807")->integer(), INT64_MAX);
  EXPECT_FALSE(parse("9223372036854775808")->integer());
  EXPECT_TRUE(parse("9223372036854775808")->number());
}

}  // namespace
}  // namespace haneul::json
