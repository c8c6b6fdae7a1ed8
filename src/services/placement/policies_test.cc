#include "services/placement/policies.h"

#include <gtest/gtest.h>

#include "access/rule_parser.h"

namespace haneul::placement {
namespace {

using access::Caller;
using access::PairsTarget;
using access::Policy;

Caller with_role(const char* role) {
  Caller caller;
  caller.user_id = access::UserId("u");
  caller.project_id = access::ProjectId("p");
  caller.roles = {role};
  return caller;
}

TEST(PlacementPolicies, AllAreUnderstood) {
  EXPECT_EQ(kPolicies.size(), 38u);
  access::ParseNotes notes;
  for (const auto& declared : kPolicies) access::parse_rule(declared.rule, notes);
  EXPECT_EQ(notes.warnings, std::vector<std::string>());
  EXPECT_TRUE(Policy::make(kPolicies));
}

TEST(PlacementPolicies, ForAdminsAndServices) {
  const auto policy = Policy::make(kPolicies);
  const std::string list = "placement:resource_providers:list";
  EXPECT_TRUE(policy->check(list, with_role("admin")));
  EXPECT_TRUE(policy->check(list, with_role("service")));
  EXPECT_FALSE(policy->check(list, with_role("reader")));
  EXPECT_TRUE(policy->check("placement:reshaper:reshape", with_role("service")));
  EXPECT_FALSE(policy->check("placement:reshaper:reshape", with_role("admin")));
  const PairsTarget own = {{"project_id", "p"}};
  EXPECT_TRUE(policy->check("placement:usages", with_role("reader"), own));
}

}  // namespace
}  // namespace haneul::placement
