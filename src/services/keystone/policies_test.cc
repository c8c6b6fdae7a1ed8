#include "services/keystone/policies.h"

#include <gtest/gtest.h>

#include "access/rule_parser.h"

namespace haneul::keystone {
namespace {

using access::Caller;
using access::DomainId;
using access::PairsTarget;
using access::Policy;

Caller with_role(const char* role) {
  Caller caller;
  caller.user_id = access::UserId("u");
  caller.project_id = access::ProjectId("p");
  caller.roles = {role};
  return caller;
}

TEST(KeystonePolicies, AllAreUnderstood) {
  EXPECT_EQ(kPolicies.size(), 203u);
  access::ParseNotes notes;
  for (const auto& declared : kPolicies) access::parse_rule(declared.rule, notes);
  EXPECT_EQ(notes.warnings, std::vector<std::string>());
  EXPECT_TRUE(Policy::make(kPolicies));
}

TEST(KeystonePolicies, AdminsDoEverythingWithAnyScope) {
  const auto policy = Policy::make(kPolicies);
  for (const char* name : {"identity:create_user", "identity:delete_project", "identity:list_users",
                           "identity:create_region", "identity:list_grants"}) {
    EXPECT_TRUE(policy->check(name, with_role("admin"))) << name;
    EXPECT_FALSE(policy->check(name, with_role("member"))) << name;
  }
}

TEST(KeystonePolicies, UsersSeeThemselvesAndSystemReadersSeeAll) {
  const auto policy = Policy::make(kPolicies);
  const PairsTarget self = {{"user_id", "u"}, {"target.user.id", "u"}};
  const PairsTarget other = {{"user_id", "v"}, {"target.user.id", "v"}};
  EXPECT_TRUE(policy->check("identity:get_user", with_role("member"), self));
  EXPECT_FALSE(policy->check("identity:get_user", with_role("member"), other));
  Caller reader = with_role("reader");
  EXPECT_FALSE(policy->check("identity:get_user", reader, other));
  reader.project_id = {};
  reader.system_scope = "all";
  EXPECT_TRUE(policy->check("identity:get_user", reader, other));
}

TEST(KeystonePolicies, DomainManagersGiveModestRolesOnly) {
  const auto policy = Policy::make(kPolicies);
  Caller manager = with_role("manager");
  manager.project_id = {};
  manager.domain_id = DomainId("d");
  PairsTarget grant = {{"target.user.domain_id", "d"},
                       {"target.project.domain_id", "d"},
                       {"target.role.domain_id", nullptr}};
  grant.add("target.role.name", "member");
  EXPECT_TRUE(policy->check("identity:create_grant", manager, grant));
  PairsTarget admin_grant = {{"target.user.domain_id", "d"},
                             {"target.project.domain_id", "d"},
                             {"target.role.domain_id", nullptr},
                             {"target.role.name", "admin"}};
  EXPECT_FALSE(policy->check("identity:create_grant", manager, admin_grant));
  // A project's manager has no domain, which must not equal a target without one.
  EXPECT_FALSE(policy->check("identity:create_project", with_role("manager"),
                             PairsTarget{{"target.project.domain_id", nullptr}}));
}

}  // namespace
}  // namespace haneul::keystone
