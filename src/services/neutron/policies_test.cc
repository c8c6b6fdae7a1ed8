#include "services/neutron/policies.h"

#include <gtest/gtest.h>

#include "access/rule_parser.h"

namespace haneul::neutron {
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

TEST(NeutronPolicies, AllAreUnderstood) {
  EXPECT_EQ(kPolicies.size(), 353u);
  access::ParseNotes notes;
  for (const auto& declared : kPolicies) access::parse_rule(declared.rule, notes);
  EXPECT_EQ(notes.warnings, std::vector<std::string>());
  EXPECT_TRUE(Policy::make(kPolicies));
}

TEST(NeutronPolicies, NetworksOfAProject) {
  const auto policy = Policy::make(kPolicies);
  const PairsTarget own = {{"project_id", "p"}, {"shared", false}, {"router:external", false}};
  const PairsTarget shared = {{"project_id", "q"}, {"shared", true}, {"router:external", false}};
  const PairsTarget foreign = {{"project_id", "q"}, {"shared", false}, {"router:external", false}};
  EXPECT_TRUE(policy->check("create_network", with_role("member"), own));
  EXPECT_FALSE(policy->check("create_network", with_role("reader"), own));
  EXPECT_FALSE(policy->check("create_network:shared", with_role("member"), own));
  EXPECT_TRUE(policy->check("create_network:shared", with_role("admin"), own));
  EXPECT_TRUE(policy->check("get_network", with_role("reader"), shared));
  EXPECT_FALSE(policy->check("get_network", with_role("reader"), foreign));
}

TEST(NeutronPolicies, PortsByTheirNetworksOwner) {
  const auto policy = Policy::make(kPolicies);
  const PairsTarget port = {{"project_id", "q"},
                            {"network:project_id", "p"},
                            {"shared", false},
                            {"device_owner", "network:dhcp"}};
  EXPECT_TRUE(policy->check("delete_port", with_role("member"), port));
  EXPECT_TRUE(policy->check("create_port:device_owner", with_role("member"), port));
  const PairsTarget theirs = {{"project_id", "p"},
                              {"network:project_id", "q"},
                              {"shared", true},
                              {"device_owner", "network:dhcp"}};
  EXPECT_TRUE(policy->check("create_port", with_role("member"), theirs));
  EXPECT_FALSE(policy->check("create_port:device_owner", with_role("member"), theirs));
  const PairsTarget plain = {
      {"project_id", "p"}, {"network:project_id", "q"}, {"device_owner", "compute:nova"}};
  EXPECT_TRUE(policy->check("create_port:device_owner", with_role("member"), plain));
}

TEST(NeutronPolicies, OnlyAdminsShareWithEverybody) {
  const auto policy = Policy::make(kPolicies);
  const std::string name = "create_rbac_policy:target_tenant";
  EXPECT_FALSE(policy->check(name, with_role("member"), PairsTarget{{"target_tenant", "*"}}));
  EXPECT_TRUE(policy->check(name, with_role("member"), PairsTarget{{"target_tenant", "q"}}));
}

}  // namespace
}  // namespace haneul::neutron
