#include "json/value.h"

#include <ctime>

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

TEST(Json, ManyKeysKeepTheirOrderAndAreFound) {
  Object object;
  for (int i = 0; i < 100; ++i) object.set(std::to_string(i), i);
  object.set("50", "again");
  EXPECT_EQ(object.size(), 100u);
  EXPECT_EQ(*object.find("50")->text(), "again");
  EXPECT_FALSE(object.has("100"));
  EXPECT_TRUE(object.erase("3"));
  EXPECT_FALSE(object.has("3"));
  object.set("3", true);
  const Object copy = object;
  EXPECT_TRUE(copy == object);
  EXPECT_EQ(std::as_const(object).begin()[3].key, "4");
  EXPECT_EQ((copy.end() - 1)->key, "3");
  object.begin()->key = "zero";
  EXPECT_FALSE(object.has("0"));
  object.set("zero", 0);
  EXPECT_EQ(object.size(), 100u);
}

// A body of a megabyte may have as many keys as there is room for; walking them all for each of
// them took half a minute.
TEST(Json, ManyKeysTakeNoTime) {
  std::string text = "{";
  for (int i = 0; i < 90'000; ++i) text += "\"" + std::to_string(1'000'000 + i) + "\":1,";
  text.back() = '}';
  const std::clock_t begun = std::clock();
  const auto value = parse(text);
  ASSERT_TRUE(value);
  for (const auto& member : *value->object()) EXPECT_TRUE(value->object()->has(member.key));
  EXPECT_LT(static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC, 3.0);
}

TEST(Json, BigIntegersBecomeNumbers) {
  EXPECT_EQ(*parse("9223372036854775807")->integer(), INT64_MAX);
  EXPECT_FALSE(parse("9223372036854775808")->integer());
  EXPECT_TRUE(parse("9223372036854775808")->number());
}

}  // namespace
}  // namespace haneul::json
