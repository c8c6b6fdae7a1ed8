#include "services/neutron/neutron_test.h"

namespace haneul::neutron {
namespace {

using QuotaTest = NeutronTest;

TEST_F(QuotaTest, UpstreamsLimitsHoldUntilChanged) {
  const Answer first = ask("GET", "/quotas/demo-project");
  EXPECT_EQ(*first.json.at({"quota", "network"})->integer(), 100);
  EXPECT_EQ(*first.json.at({"quota", "security_group_rule"})->integer(), 100);
  EXPECT_EQ(ask("GET", "/quotas/other-project").status, 403);
  EXPECT_EQ(ask("PUT", "/quotas/demo-project", R"({"quota":{"port":5}})").status, 403);
  EXPECT_EQ(ask("PUT", "/quotas/demo-project", R"({"quota":{"port":5}})", "admin").status, 200);
  EXPECT_EQ(*ask("GET", "/quotas/demo-project").json.at({"quota", "port"})->integer(), 5);
  EXPECT_EQ(*ask("GET", "/quotas/demo-project/default").json.at({"quota", "port"})->integer(), 500);
  EXPECT_EQ(count(ask("GET", "/quotas", "", "admin"), "quotas"), 1u);
  EXPECT_EQ(ask("GET", "/quotas").status, 403);
  EXPECT_EQ(ask("DELETE", "/quotas/demo-project", "", "admin").status, 204);
  expect_error(ask("DELETE", "/quotas/demo-project", "", "admin"), 404, "TenantQuotaNotFound",
               "Quota for project demo-project could not be found.");
}

TEST_F(QuotaTest, BadLimitsAreRefused) {
  const auto put = [&](const std::string& body) { return ask("PUT", "/quotas/p", body, "admin"); };
  expect_error(put(R"({"quota":{"network":-2}})"), 400, "HTTPBadRequest",
               "Invalid input for network. Reason: '-2' is too small - must be at least '-1'.");
  expect_error(put(R"({"quota":{"wings":2}})"), 400, "HTTPBadRequest",
               "Unrecognized attribute(s) 'wings'");
  for (const char* bad :
       {"", "{", "{}", "[]", R"({"quota":5})", R"({"quota":{"network":"x"}})",
        R"({"quota":{"network":null}})", R"({"quota":{"network":99999999999}})"}) {
    EXPECT_EQ(put(bad).status, 400) << bad;
  }
  make_network();
  EXPECT_EQ(
      ask("PUT", "/quotas/demo-project", R"({"quota":{"network":0,"check_limit":true}})", "admin")
          .status,
      400);
}

}  // namespace
}  // namespace haneul::neutron
