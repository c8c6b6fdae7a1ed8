#include "services/glance/policies.h"

#include <gtest/gtest.h>

#include "access/rule_parser.h"

namespace haneul::glance {
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

TEST(GlancePolicies, AllAreUnderstood) {
  EXPECT_EQ(kPolicies.size(), 67u);
  access::ParseNotes notes;
  for (const auto& declared : kPolicies) access::parse_rule(declared.rule, notes);
  EXPECT_EQ(notes.warnings, std::vector<std::string>());
  EXPECT_TRUE(Policy::make(kPolicies));
}

TEST(GlancePolicies, ImagesByOwnerAndVisibility) {
  const auto policy = Policy::make(kPolicies);
  const PairsTarget mine = {{"project_id", "p"}, {"owner", "p"}, {"visibility", "private"}};
  const PairsTarget open = {{"project_id", "q"}, {"owner", "q"}, {"visibility", "public"}};
  const PairsTarget foreign = {{"project_id", "q"}, {"owner", "q"}, {"visibility", "private"}};
  EXPECT_TRUE(policy->check("get_image", with_role("reader"), open));
  EXPECT_FALSE(policy->check("get_image", with_role("reader"), foreign));
  EXPECT_TRUE(policy->check("modify_image", with_role("member"), mine));
  EXPECT_FALSE(policy->check("modify_image", with_role("member"), open));
  EXPECT_FALSE(policy->check("modify_image", with_role("reader"), mine));
  EXPECT_FALSE(policy->check("publicize_image", with_role("member"), mine));
  EXPECT_TRUE(policy->check("publicize_image", with_role("admin"), foreign));
}

}  // namespace
}  // namespace haneul::glance
