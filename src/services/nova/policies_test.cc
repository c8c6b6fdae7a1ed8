#include "services/nova/policies.h"

#include <gtest/gtest.h>

#include "access/rule_parser.h"

namespace haneul::nova {
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

TEST(NovaPolicies, AllAreUnderstood) {
  EXPECT_EQ(kPolicies.size(), 214u);
  access::ParseNotes notes;
  for (const auto& declared : kPolicies) access::parse_rule(declared.rule, notes);
  EXPECT_EQ(notes.warnings, std::vector<std::string>());
  EXPECT_TRUE(Policy::make(kPolicies));
}

TEST(NovaPolicies, RolesOfAProject) {
  const auto policy = Policy::make(kPolicies);
  const PairsTarget own = {{"project_id", "p"}, {"user_id", "u"}};
  const PairsTarget foreign = {{"project_id", "q"}, {"user_id", "u"}};
  const std::string show = "os_compute_api:servers:show", create = "os_compute_api:servers:create";
  EXPECT_TRUE(policy->check(show, with_role("reader"), own));
  EXPECT_FALSE(policy->check(show, with_role("reader"), foreign));
  EXPECT_FALSE(policy->check(create, with_role("reader"), own));
  EXPECT_TRUE(policy->check(create, with_role("member"), own));
  EXPECT_FALSE(policy->check("os_compute_api:os-hypervisors:list", with_role("member"), own));
  EXPECT_TRUE(policy->check("os_compute_api:os-hypervisors:list", with_role("admin"), own));
  EXPECT_TRUE(policy->check("os_compute_api:os-migrate-server:migrate", with_role("manager"), own));
  EXPECT_FALSE(
      policy->check("os_compute_api:os-migrate-server:migrate:host", with_role("manager"), own));
  EXPECT_TRUE(
      policy->check("os_compute_api:os-server-external-events:create", with_role("service")));
}

}  // namespace
}  // namespace haneul::nova
