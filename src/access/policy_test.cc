#include "access/policy.h"

#include <stdexcept>

#include <gtest/gtest.h>

#include "base/fault.h"

namespace haneul::access {
namespace {

Caller member() {
  Caller caller;
  caller.user_id = UserId("u1");
  caller.user_name = "ann";
  caller.user_domain_id = DomainId("default");
  caller.project_id = ProjectId("p1");
  caller.project_domain_id = DomainId("d1");
  caller.roles = {"Member", "reader"};
  caller.role_ids = {RoleId("r1"), RoleId("r2")};
  caller.methods = {"password"};
  return caller;
}

const PairsTarget kTarget = {{"project_id", "p1"}, {"user_id", "u2"},    {"enabled", true},
                             {"size", 12},         {"nothing", nullptr}, {"role", "MEMBER"}};

bool check(std::string_view rule, const Caller& caller = member(), const Target& target = kTarget) {
  const PolicyDefault policies[] = {
      {"p", rule}, {"everybody", ""}, {"nobody", "!"}, {"is_member", "role:member"}};
  return Policy::make(policies)->check("p", caller, target);
}

TEST(PolicyLanguage, Roles) {
  EXPECT_TRUE(check("role:member"));
  EXPECT_TRUE(check("role:READER"));
  EXPECT_FALSE(check("role:admin"));
  EXPECT_FALSE(check("role:mem"));
  EXPECT_TRUE(check("role:%(role)s"));
  EXPECT_FALSE(check("role:%(absent)s"));
}

TEST(PolicyLanguage, Operators) {
  EXPECT_TRUE(check("@ and not !"));
  EXPECT_TRUE(check("role:admin or role:member and role:reader"));
  EXPECT_FALSE(check("(role:member or role:admin) and role:admin"));
}

TEST(PolicyLanguage, ComparesCallerAndTarget) {
  EXPECT_TRUE(check("project_id:%(project_id)s"));
  EXPECT_FALSE(check("user_id:%(user_id)s"));
  EXPECT_TRUE(check("user_id:u1"));
  EXPECT_TRUE(check("project_id:p%(x)s", member(), PairsTarget{{"x", 1}}));
  EXPECT_FALSE(check("project_id:p%(x)s", member(), PairsTarget{{"x", 12}}));
  EXPECT_FALSE(check("user_id:%(absent)s"));
  EXPECT_TRUE(check("not user_id:%(absent)s"));
}

TEST(PolicyLanguage, MissingValuesAreNone) {
  EXPECT_TRUE(check("domain_id:%(nothing)s"));
  EXPECT_TRUE(check("system_scope:None"));
  EXPECT_FALSE(check("system:None"));
  EXPECT_FALSE(check("token.domain.id:%(nothing)s"));
}

TEST(PolicyLanguage, Literals) {
  EXPECT_TRUE(check("True:%(enabled)s"));
  EXPECT_FALSE(check("False:%(enabled)s"));
  EXPECT_TRUE(check("12:%(size)s"));
  EXPECT_TRUE(check("None:%(nothing)s"));
  EXPECT_TRUE(check("'p1':%(project_id)s"));
  EXPECT_TRUE(check("\"p1\":%(project_id)s"));
  EXPECT_FALSE(check("'p2':%(project_id)s"));
  EXPECT_FALSE(check("p1:%(project_id)s"));  // a name, not a literal
  EXPECT_TRUE(check("'100%':100%%"));
}

TEST(PolicyLanguage, NestedAndManyValuedAttributes) {
  EXPECT_TRUE(check("token.project.domain.id:d1"));
  EXPECT_TRUE(check("token.user.name:ann"));
  EXPECT_TRUE(check("user.domain.id:default"));
  EXPECT_TRUE(check("roles:Member"));
  EXPECT_FALSE(check("roles:member"));  // only role: ignores case
  EXPECT_TRUE(check("token.roles.id:r2"));
  EXPECT_TRUE(check("token.methods:password"));
  EXPECT_FALSE(check("service_roles:service"));
  EXPECT_TRUE(check("is_admin_project:True"));
  EXPECT_FALSE(check("token.user:ann"));
}

TEST(PolicyLanguage, SystemScopeAndAdmin) {
  Caller system = member();
  system.project_id = {};
  system.system_scope = "all";
  EXPECT_TRUE(check("system_scope:all and system:all and token.system.all:True", system));
  EXPECT_FALSE(check("system_scope:all"));
  EXPECT_FALSE(check("is_admin:True or is_admin:1"));
  EXPECT_TRUE(check("is_admin:False"));
  system.is_admin = true;
  EXPECT_TRUE(check("is_admin:True and is_admin:true and is_admin:1", system));
}

TEST(PolicyLanguage, References) {
  EXPECT_TRUE(check("rule:is_member"));
  EXPECT_FALSE(check("rule:nobody"));
  EXPECT_FALSE(check("rule:no_such_rule"));
  EXPECT_TRUE(check("not rule:no_such_rule"));
}

TEST(PolicyLanguage, NeutronsFields) {
  const PairsTarget port = {{"device_owner", "network:dhcp"}, {"shared", true}, {"name", "a"}};
  EXPECT_TRUE(check("field:networks:shared=True", member(), port));
  EXPECT_FALSE(check("field:networks:shared=False", member(), port));
  EXPECT_TRUE(check("field:port:device_owner=~^network:", member(), port));
  EXPECT_FALSE(check("field:port:device_owner=~^compute:", member(), port));
  EXPECT_TRUE(check("field:port:device_owner=~net.ork", member(), port));
  EXPECT_FALSE(check("field:port:device_owner=~dhcp", member(), port));  // from the start, always
  EXPECT_TRUE(check("field:port:name=a", member(), port));
  EXPECT_FALSE(check("field:networks:router:external=True", member(), port));
}

constexpr PolicyDefault kDefaults[] = {
    {"admin_required", "role:admin"},
    {"get", "rule:admin_required or project_id:%(project_id)s", kSystem | kProject},
    {"wipe", "rule:admin_required", kSystem},
    {"own", "user_id:%(target.user.id)s"}};

TEST(Policy, EnforcesScope) {
  Caller admin = member();
  admin.roles = {"admin"};
  const auto policy = Policy::make(kDefaults);
  EXPECT_TRUE(policy->check("get", admin, kTarget));
  EXPECT_FALSE(policy->check("wipe", admin, kTarget));
  EXPECT_TRUE(Policy::make(kDefaults, {}, {.enforce_scope = false})->check("wipe", admin));
  admin.system_scope = "all";
  EXPECT_TRUE(policy->check("wipe", admin));
  admin.system_scope.clear();
  admin.domain_id = DomainId("d1");
  EXPECT_FALSE(policy->check("get", admin, kTarget));
  EXPECT_FALSE(policy->check("get", Caller{}, kTarget));  // unscoped counts as a project's
}

TEST(Policy, SaysForbiddenInTheServicesWords) {
  try {
    Policy::make(kDefaults)->enforce("wipe", member());
    FAIL();
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), Fault::Kind::forbidden);
    EXPECT_EQ(fault.message(), "wipe is disallowed by policy");
  }
  try {
    Policy::make(kDefaults, {}, {.denial = "Policy doesn't allow {} to be performed."})
        ->enforce("wipe", member());
    FAIL();
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.message(), "Policy doesn't allow wipe to be performed.");
  }
  EXPECT_NO_THROW(Policy::make(kDefaults)->enforce("get", member(), kTarget));
}

TEST(Policy, UndeclaredNamesAreAMistakeInTheProgram) {
  const auto policy = Policy::make(kDefaults, {{.name = "helper", .rule = "@"}});
  EXPECT_THROW(policy->check("no_such", member()), std::logic_error);
  EXPECT_THROW(policy->check("helper", member()), std::logic_error);
  EXPECT_FALSE(policy->has("helper"));
  EXPECT_TRUE(policy->has("get"));
  constexpr PolicyDefault kTwice[] = {{"a", ""}, {"a", "!"}};
  EXPECT_THROW((void)Policy::make(kTwice), std::logic_error);
  constexpr PolicyDefault kCircle[] = {{"a", "rule:b"}, {"b", "not rule:a"}};
  EXPECT_THROW((void)Policy::make(kCircle), std::logic_error);
}

TEST(Policy, OverridesReplaceAndRefer) {
  const auto policy = Policy::make(
      kDefaults, {{.name = "admin_required", .rule = "rule:boss"},
                  {.name = "boss", .rule = "role:nobody"},
                  {.name = "boss", .rule = "user_id:u1"},
                  {.name = "own", .lists = {{"role:a"}, {"role:reader", "@"}}, .is_list = true}});
  EXPECT_TRUE(policy->check("get", member()));
  EXPECT_TRUE(policy->check("own", member()));
  EXPECT_EQ(policy->effective().front(),
            (std::pair<std::string, std::string>("admin_required", "rule:boss")));
}

TEST(Policy, IsListedWithScopesAndOperations) {
  constexpr PolicyDefault kTwo[] = {{"a", "@"},
                                    {"b", "role:x", kSystem | kProject, "GET /b, PUT /b"}};
  const auto policy = Policy::make(kTwo);
  const auto listed = policy->listed();
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].scopes, "any");
  EXPECT_EQ(listed[1].rule, "role:x");
  EXPECT_EQ(listed[1].scopes, "system, project");
  EXPECT_EQ(listed[1].operations, "GET /b, PUT /b");
  Caller of_domain;
  of_domain.domain_id = DomainId("d");
  EXPECT_TRUE(policy->takes_scope("a", of_domain));
  EXPECT_FALSE(policy->takes_scope("b", of_domain));
  EXPECT_TRUE(policy->takes_scope("b", member()));
}

TEST(Policy, TheRuleNamedDefaultStandsInForMissingOnes) {
  EXPECT_TRUE(Policy::make(kDefaults, {{.name = "default", .rule = "@"},
                                       {.name = "own", .rule = "rule:no_such"}})
                  ->check("own", member()));
}

TEST(Policy, RefusesFilesItCannotHonour) {
  const auto reason = [](std::vector<PolicyOverride> overrides) {
    const auto made = Policy::make(kDefaults, std::move(overrides));
    return made ? std::string() : made.reason();
  };
  EXPECT_EQ(reason({{.name = "admin_required", .rule = "role:x and not (rule:helper or @)"},
                    {.name = "helper", .rule = "rule:get"}}),
            "policies refer to each other in a circle: admin_required -> helper -> get -> "
            "admin_required");
  EXPECT_EQ(reason({{.name = "own", .rule = "rule:own"}}),
            "policies refer to each other in a circle: own -> own");
  EXPECT_NE(reason({{.name = "own", .rule = "http://h/"}}).find("not supported"),
            std::string::npos);
  // In both orders: the chain is found from either end.
  for (const bool forward : {true, false}) {
    std::vector<PolicyOverride> chain;
    for (int i = 0; i < 100; ++i) {
      const int at = forward ? i : 99 - i;
      chain.push_back(
          {.name = "c" + std::to_string(at), .rule = "rule:c" + std::to_string(at + 1)});
    }
    EXPECT_NE(reason(std::move(chain)).find("64 deep"), std::string::npos) << forward;
  }
}

TEST(Policy, ExplainsWhatDecided) {
  const auto policy = Policy::make(kDefaults, {{.name = "own", .rule = "not role:reader"}});
  EXPECT_EQ(policy->explain("get", member(), kTarget),
            "get allowed: project_id:%(project_id)s is true (p1 against p1)");
  EXPECT_EQ(
      policy->explain("get", member(), PairsTarget()),
      "get denied: rule:admin_required [role:admin is false (the caller has Member, reader)], "
      "project_id:%(project_id)s is false (the target has no project_id)");
  EXPECT_EQ(policy->explain("wipe", member(), kTarget),
            "wipe denied: it takes a token of scope system, this one's is project");
  EXPECT_EQ(policy->explain("own", member(), kTarget),
            "own denied by a policy file: role:reader is true (the caller has Member, reader)");
}

}  // namespace
}  // namespace haneul::access
