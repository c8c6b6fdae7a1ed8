#include "services/keystone/logic/password_pattern.h"

#include <gtest/gtest.h>

namespace haneul::keystone {
namespace {

bool fits(std::string_view pattern, std::string_view password) {
  const auto parsed = PasswordPattern::parse(pattern);
  EXPECT_TRUE(parsed) << pattern;
  return parsed && (*parsed).fits(password);
}

TEST(PasswordPattern, OfNothingFitsEverything) {
  EXPECT_TRUE(fits("", ""));
  EXPECT_TRUE(fits("", "x"));
}

TEST(PasswordPattern, TakesUpstreamsExample) {
  const char* pattern = R"(^(?=.*\d)(?=.*[a-zA-Z]).{7,}$)";
  EXPECT_TRUE(fits(pattern, "abcdef1"));
  EXPECT_TRUE(fits(pattern, "1234567ö_x"));
  EXPECT_FALSE(fits(pattern, "abcde1"));
  EXPECT_FALSE(fits(pattern, "abcdefg"));
  EXPECT_FALSE(fits(pattern, "1234567"));
}

TEST(PasswordPattern, MatchesFromTheBeginningAndNotToTheEnd) {
  EXPECT_TRUE(fits("a+", "aab"));
  EXPECT_FALSE(fits("a+", "baa"));
  EXPECT_TRUE(fits("a|b", "b"));
  EXPECT_FALSE(fits("^a$", "ab"));
}

TEST(PasswordPattern, MayForbid) {
  const char* pattern = R"((?!.*(?:secret|password))(?=[^()\]]+|]).*)";
  EXPECT_TRUE(fits(pattern, "hello"));
  EXPECT_TRUE(fits(pattern, "]hello"));
  EXPECT_FALSE(fits(pattern, "my secret"));
  EXPECT_FALSE(fits(pattern, ""));
  EXPECT_FALSE(fits(pattern, "(hello"));
}

TEST(PasswordPattern, TakesOnlyWhatIsLinear) {
  for (const char* pattern : {R"((a)\1)", "a(?=b)", "(?<=a)b", "(?=a)b|c", "(", "[", "(?=", "(?=a",
                              "*", "a{1001}", "\\"}) {
    EXPECT_FALSE(PasswordPattern::parse(pattern)) << pattern;
  }
  EXPECT_FALSE(PasswordPattern::parse(std::string(3'000, 'a')));
}

// Exponential where an engine goes back: this would not end.
TEST(PasswordPattern, IsQuickForEveryPassword) {
  EXPECT_FALSE(fits("^(?=(a+)+$)(a|a?)+$", std::string(60'000, 'a') + "b"));
}

}  // namespace
}  // namespace haneul::keystone
