#include "http/router.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace haneul::http {
namespace {

using Kind = Router::Match::Kind;

Router servers() {
  Router router;
  router.add("GET", "/", 0);
  router.add("GET", "/servers", 1);
  router.add("POST", "/servers", 2);
  router.add("GET", "/servers/detail", 3);
  router.add("GET", "/servers/{id}", 4);
  router.add("DELETE", "/servers/{server}", 5);
  router.add("GET", "/servers/{id}/ips/{label}", 6);
  router.add("GET", "/servers/detail/ips", 7);
  router.add("PUT", "/objects/{account}/{name...}", 8);
  router.add("GET", "/objects/{account}", 9);
  router.add("HEAD", "/images", 10);
  router.add("GET", "/images", 11);
  return router;
}

TEST(Router, FindsLiteralsAndNames) {
  const Router router = servers();
  const auto match = router.find("GET", "/servers/42/ips/private");
  ASSERT_EQ(match.kind, Kind::found);
  EXPECT_EQ(match.route, 6U);
  EXPECT_EQ(match.params.get("id"), "42");
  EXPECT_EQ(match.params.get("label"), "private");
  EXPECT_EQ(match.params.get("other"), "");
  EXPECT_EQ(router.find("GET", "/").route, 0U);
  EXPECT_EQ(router.find("GET", "/servers/detail").route, 3U);
}

TEST(Router, NamesBelongToTheRouteNotToThePlace) {
  const Router router = servers();
  EXPECT_EQ(router.find("GET", "/servers/42").params.get("id"), "42");
  const auto match = router.find("DELETE", "/servers/42");
  EXPECT_EQ(match.route, 5U);
  EXPECT_EQ(match.params.get("server"), "42");
}

TEST(Router, ComesBackFromALiteralThatLeadsNowhere) {
  const Router router = servers();
  auto match = router.find("GET", "/servers/detail/ips/private");
  ASSERT_EQ(match.kind, Kind::found);
  EXPECT_EQ(match.route, 6U);
  EXPECT_EQ(match.params.get("id"), "detail");
  ASSERT_EQ(match.params.pairs().size(), 2U);
}

TEST(Router, ComesBackFromALiteralWithoutTheMethod) {
  const auto match = servers().find("DELETE", "/servers/detail");
  ASSERT_EQ(match.kind, Kind::found);
  EXPECT_EQ(match.route, 5U);
}

TEST(Router, SaysWhichMethodsAreAllowed) {
  const auto match = servers().find("PATCH", "/servers/detail");
  EXPECT_EQ(match.kind, Kind::no_method);
  EXPECT_EQ(match.allowed, (std::vector<std::string>{"DELETE", "GET"}));
  EXPECT_EQ(servers().find("GET", "/nothing").kind, Kind::no_path);
  EXPECT_EQ(servers().find("GET", "/servers/1/ips").kind, Kind::no_path);
}

TEST(Router, HeadFallsBackToGet) {
  EXPECT_EQ(servers().find("HEAD", "/servers").route, 1U);
  EXPECT_EQ(servers().find("HEAD", "/images").route, 10U);
}

TEST(Router, IgnoresOneTrailingSlash) {
  EXPECT_EQ(servers().find("GET", "/servers/").route, 1U);
  EXPECT_EQ(servers().find("GET", "/servers/42/").params.get("id"), "42");
  EXPECT_EQ(servers().find("GET", "/servers//").kind, Kind::no_path);
  EXPECT_EQ(servers().find("GET", "//servers").kind, Kind::no_path);
  EXPECT_EQ(servers().find("GET", "/servers//ips/x").kind, Kind::no_path);
}

TEST(Router, TheRestKeepsItsSlashes) {
  const Router router = servers();
  const auto name = [&](std::string_view path) {
    const auto match = router.find("PUT", path);
    EXPECT_EQ(match.kind, Kind::found) << path;
    EXPECT_EQ(match.params.get("account"), "a");
    return match.params.get("name");
  };
  EXPECT_EQ(name("/objects/a/b"), "b");
  EXPECT_EQ(name("/objects/a/b/c//d/"), "b/c//d/");
  EXPECT_EQ(name("/objects/a/b%2Fc%20d"), "b/c d");
  EXPECT_EQ(name("/objects/a//"), "/");
  EXPECT_EQ(router.find("GET", "/objects/a/").route, 9U);
  EXPECT_EQ(router.find("PUT", "/objects/a/").kind, Kind::no_method);
}

TEST(Router, DecodesSegmentBySegment) {
  const Router router = servers();
  const auto match = router.find("GET", "/servers/a%2Fb");
  ASSERT_EQ(match.kind, Kind::found);
  EXPECT_EQ(match.params.get("id"), "a/b");
  EXPECT_EQ(router.find("GET", "/%73ervers").route, 1U);
  EXPECT_EQ(router.find("GET", "/servers/\u00e9").params.get("id"), "\u00e9");
  EXPECT_EQ(router.find("GET", "/servers/a+b").params.get("id"), "a+b");
}

TEST(Router, BadEncodingIsNoPath) {
  const Router router = servers();
  for (const char* bad : {"/servers/%", "/servers/%4", "/servers/%zz", "/servers/%00",
                          "/servers/%ff", "/servers/\xff", "", "*", "servers", "/servers/%c3/"}) {
    EXPECT_EQ(router.find("GET", bad).kind, Kind::no_path) << bad;
  }
  EXPECT_EQ(router.find("PUT", "/objects/a/b/%00").kind, Kind::no_path);
  EXPECT_EQ(router.find("GET", std::string_view("/servers/\0", 10)).kind, Kind::no_path);
}

TEST(Router, RefusesTheSameShapeTwice) {
  Router router = servers();
  EXPECT_THROW(router.add("GET", "/servers/{other}", 20), std::logic_error);
  EXPECT_THROW(router.add("GET", "/servers/", 20), std::logic_error);
  EXPECT_THROW(router.add("PUT", "/objects/{a}/{b...}", 20), std::logic_error);
  EXPECT_THROW(router.add("GET", "/x/{rest...}/y", 20), std::logic_error);
  EXPECT_THROW(router.add("GET", "x", 20), std::logic_error);
  EXPECT_NO_THROW(router.add("PUT", "/servers/{other}", 20));
}

TEST(Router, SurvivesAVeryLongPath) {
  const Router router = servers();
  EXPECT_EQ(router.find("GET", std::string(60'000, '/')).kind, Kind::no_path);
  std::string long_name(50'000, 'x');
  EXPECT_EQ(router.find("GET", "/servers/" + long_name).params.get("id"), long_name);
}

TEST(Router, CanBeMoved) {
  Router first = servers();
  const Router second = std::move(first);
  EXPECT_EQ(second.find("GET", "/servers/42").params.get("id"), "42");
}

}  // namespace
}  // namespace haneul::http
