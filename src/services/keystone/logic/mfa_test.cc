#include "services/keystone/logic/mfa.h"

#include <gtest/gtest.h>

namespace haneul::keystone {
namespace {

constexpr std::string_view kActive[] = {"password", "token", "totp"};
using Methods = std::vector<std::string>;

json::Object options(std::string_view rules, std::string_view more = "") {
  const std::string text =
      "{\"multi_factor_auth_rules\":" + std::string(rules) + std::string(more) + "}";
  return *json::parse(text)->object();
}

bool enough(const json::Object& of, const Methods& methods) {
  return mfa_satisfied(of, methods, kActive);
}

TEST(Mfa, NeedsAllMethodsOfOneRule) {
  const auto two = options(R"([["password","totp"],["token","totp"]])");
  EXPECT_FALSE(enough(two, {"password"}));
  EXPECT_FALSE(enough(two, {"password", "token"}));
  EXPECT_TRUE(enough(two, {"totp", "password"}));
  EXPECT_TRUE(enough(two, {"totp", "token"}));
}

TEST(Mfa, IsNotAskedForWithoutRulesOrWhenOff) {
  EXPECT_TRUE(enough({}, {"password"}));
  EXPECT_TRUE(enough(options("[]"), {"password"}));
  EXPECT_TRUE(enough(options(R"([["totp"]])", R"(,"multi_factor_auth_enabled":false)"), {"token"}));
  EXPECT_FALSE(enough(options(R"([["totp"]])", R"(,"multi_factor_auth_enabled":true)"), {"token"}));
}

TEST(Mfa, CountsOnlyActiveMethods) {
  EXPECT_TRUE(enough(options(R"([["password","retina"]])"), {"password"}));
  EXPECT_TRUE(enough(options(R"([["retina"]])"), {"password"}));  // nobody is locked out
  EXPECT_FALSE(enough(options(R"([["retina"],["totp"]])"), {"password"}));
}

TEST(Mfa, NamesTheRulesThatAreBegun) {
  const auto of = options(R"([["password","totp"],["token","totp"],["password","retina"]])");
  EXPECT_EQ(mfa_rules_begun(of, {"password"}, kActive),
            (std::vector<Methods>{{"password", "totp"}, {"password"}}));
  EXPECT_EQ(mfa_rules_begun(of, {}, kActive), std::vector<Methods>{});
}

}  // namespace
}  // namespace haneul::keystone
