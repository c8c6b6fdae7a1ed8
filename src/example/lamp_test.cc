#include <gtest/gtest.h>

#include "example/example.h"
#include "test_kit/test_kit.h"

namespace haneul::example {
namespace {

class LampTest : public ::testing::Test {
 protected:
  LampTest() {
    cloud.migrate(service.migrations());
    cloud.open({&service});
  }
  std::string make(std::string body = R"({"lamp":{"name":"desk"}})") {
    const auto made = cloud.request("POST", "/lighting/v1/lamps", "member", std::move(body));
    EXPECT_EQ(made.status, 201) << made.body;
    return "/lighting/v1/lamps/" + made.text({"lamp", "id"});
  }
  int switched(const std::string& lamp, const std::string& token, std::string body) {
    return cloud.request("POST", lamp + "/action", token, std::move(body)).status;
  }

  resource::Service service = example_service();
  resource::TestCloud cloud;
};

TEST_F(LampTest, IsMadeSwitchedAndRemoved) {
  const std::string lamp = make();
  EXPECT_EQ(switched(lamp, "member", R"({"switch":{"lit":true}})"), 202);
  EXPECT_EQ(cloud.request("DELETE", lamp, "member").status, 409);
  EXPECT_EQ(switched(lamp, "member", R"({"switch":{"lit":false}})"), 202);
  EXPECT_EQ(cloud.request("DELETE", lamp, "member").status, 204);
}

TEST_F(LampTest, IsItsProjectsAlone) {
  const std::string lamp = make();
  EXPECT_EQ(cloud.request("GET", lamp, "reader").status, 200);
  EXPECT_EQ(cloud.request("GET", lamp, "other").status, 404);
  EXPECT_EQ(switched(lamp, "reader", R"({"switch":{"lit":true}})"), 403);
  EXPECT_EQ(switched(lamp, "", R"({"switch":{"lit":true}})"), 401);
}

TEST_F(LampTest, RefusesBadInput) {
  const auto post = [&](std::string body) {
    return cloud.request("POST", "/lighting/v1/lamps", "member", std::move(body)).status;
  };
  EXPECT_EQ(post(R"({"lamp":{}})"), 400);
  EXPECT_EQ(post(R"({"lamp":{"name":"desk","brightness":101}})"), 400);
  EXPECT_EQ(switched(make(), "member", R"({"switch":{}})"), 400);
  for (int i = 0; i < 9; ++i) make();
  EXPECT_EQ(post(R"({"lamp":{"name":"eleventh"}})"), 403);
}

}  // namespace
}  // namespace haneul::example
