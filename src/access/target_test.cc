#include "access/target.h"

#include <gtest/gtest.h>

namespace haneul::access {
namespace {

TEST(ValueTarget, WalksDotsAndPrefersWholeKeys) {
  const auto value = json::parse(
      R"({"a": {"b": {"c": "deep"}, "b.c": "half"}, "x.y": 1, "t": true, "n": null, "l": [1]})");
  const ValueTarget target(*value);
  EXPECT_EQ(target.get("a.b.c"), TargetValue(std::string_view("half")));
  EXPECT_EQ(target.get("x.y"), TargetValue(std::int64_t{1}));
  EXPECT_EQ(target.get("t"), TargetValue(true));
  EXPECT_EQ(target.get("n"), TargetValue(nullptr));
  for (const char* absent : {"l", "a", "a.b", "a.z", "t.x", "", ".", "a."}) {
    EXPECT_FALSE(target.get(absent)) << absent;
  }
}

}  // namespace
}  // namespace haneul::access
