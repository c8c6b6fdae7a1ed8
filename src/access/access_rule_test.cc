#include "access/access_rule.h"

#include <gtest/gtest.h>

namespace haneul::access {
namespace {

TEST(AccessRule, ASegmentStandsForAnythingButASlash) {
  for (const char* pattern : {"/v2.1/servers/{id}", "/v2.1/servers/*", "/v2.1/*/abc"}) {
    EXPECT_TRUE(path_matches("/v2.1/servers/abc", pattern)) << pattern;
    EXPECT_FALSE(path_matches("/v2.1/servers/abc/ips", pattern)) << pattern;
    EXPECT_FALSE(path_matches("/v2.1/servers/", pattern)) << pattern;
    EXPECT_FALSE(path_matches("/v2.1/servers", pattern)) << pattern;
  }
  EXPECT_TRUE(path_matches("/v2/x-1-y", "/v2/x-*-y"));
  EXPECT_TRUE(path_matches("/v2/x-1-y", "/v2/x-{n}-{m}"));
  EXPECT_FALSE(path_matches("/v2/x--y", "/v2/x-*-y"));
}

TEST(AccessRule, TwoStarsStandForAnything) {
  for (const char* path : {"/v2.1/", "/v2.1/servers", "/v2.1/servers/a/ips"}) {
    EXPECT_TRUE(path_matches(path, "/v2.1/**")) << path;
    EXPECT_TRUE(path_matches(path, "**")) << path;
  }
  EXPECT_FALSE(path_matches("/v2.1", "/v2.1/**"));
  EXPECT_TRUE(path_matches("/a/b/c/d", "/a/**/d"));
  EXPECT_FALSE(path_matches("/a/b/c/e", "/a/**/d"));
}

TEST(AccessRule, TheRestIsMeantLiterally) {
  EXPECT_TRUE(path_matches("/v2.1/servers", "/v2.1/servers"));
  EXPECT_FALSE(path_matches("/v2x1/servers", "/v2.1/servers"));
  EXPECT_FALSE(path_matches("/v2.1/servers/", "/v2.1/servers"));
  EXPECT_TRUE(path_matches("/a", "/}{a"));
  EXPECT_FALSE(path_matches("/a", ""));
}

TEST(AccessRule, MatchingTakesNoLongerForBadPatterns) {
  std::string pattern, path(kRulePathBytesMax, 'a');
  for (int i = 0; i < 100; ++i) pattern += "**a";
  EXPECT_TRUE(path_matches(path, pattern));
  EXPECT_FALSE(path_matches(path, pattern + "b"));
  EXPECT_FALSE(path_matches(path + "a", "**"));
}

TEST(AccessRule, MethodAndServiceMustBeTheRules) {
  const AccessRules rules = {{"compute", "/v2.1/servers", "GET"}, {"image", "/v2/**", "POST"}};
  const auto asked = [&](const char* type, const char* mount, const char* method,
                         const char* path) {
    return allows(rules, {type, mount, method, path, ""});
  };
  EXPECT_TRUE(asked("compute", "/compute", "GET", "/compute/v2.1/servers"));
  EXPECT_FALSE(asked("compute", "/compute", "POST", "/compute/v2.1/servers"));
  EXPECT_FALSE(asked("compute", "/compute", "HEAD", "/compute/v2.1/servers"));
  EXPECT_FALSE(asked("network", "/networking", "GET", "/networking/v2.1/servers"));
  EXPECT_FALSE(asked("compute", "/compute", "GET", "/compute/v2.1/flavors"));
  EXPECT_TRUE(asked("image", "/image", "POST", "/image/v2/images"));
  const Asked servers{"compute", "/compute", "GET", "/compute/v2.1/servers", ""};
  EXPECT_TRUE(allows({{"compute", "/compute/v2.1/servers", "GET"}}, servers));
  EXPECT_FALSE(allows({}, servers));
}

}  // namespace
}  // namespace haneul::access
