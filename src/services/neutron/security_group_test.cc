#include "services/neutron/neutron_test.h"

namespace haneul::neutron {
namespace {

class SecurityGroupTest : public NeutronTest {
 protected:
  void SetUp() override { group_ = make("security-groups", "security_group", R"("name":"web")"); }
  Answer rule(const std::string& more, std::string_view token = "member") {
    return ask("POST", "/security-group-rules",
               R"({"security_group_rule":{"security_group_id":")" + group_ +
                   R"(","direction":"ingress")" + more + "}}",
               token);
  }
  std::string kind(const std::string& more) { return rule(more).text({"NeutronError", "type"}); }
  std::string group_;
};

TEST_F(SecurityGroupTest, EveryProjectHasADefaultOne) {
  const Answer all = ask("GET", "/security-groups?name=default", "", "other");
  ASSERT_EQ(count(all, "security_groups"), 1u) << all.body;
  const auto& group = all.json.at({"security_groups"})->array()->front();
  EXPECT_EQ(*group.at({"description"})->text(), "Default security group");
  EXPECT_EQ(group.at({"security_group_rules"})->array()->size(), 4u);
  const std::string id = *group.at({"id"})->text();
  EXPECT_EQ(ask("DELETE", "/security-groups/" + id, "", "other").text({"NeutronError", "type"}),
            "SecurityGroupCannotRemoveDefault");
  EXPECT_EQ(ask("PUT", "/security-groups/" + id, R"({"security_group":{"name":"x"}})", "other")
                .text({"NeutronError", "type"}),
            "SecurityGroupCannotUpdateDefault");
  expect_error(ask("POST", "/security-groups", R"({"security_group":{"name":"Default"}})"), 409,
               "SecurityGroupDefaultAlreadyExists", "Default security group already exists.");
}

TEST_F(SecurityGroupTest, ANewOneLetsEverythingOut) {
  const Answer a = ask("GET", "/security-groups/" + group_);
  EXPECT_EQ(a.json.at({"security_group", "security_group_rules"})->array()->size(), 2u) << a.body;
  EXPECT_EQ(ask("DELETE", "/security-groups/" + group_).status, 204);
  expect_error(ask("GET", "/security-groups/" + group_), 404, "SecurityGroupNotFound",
               "Security group " + group_ + " does not exist");
}

TEST_F(SecurityGroupTest, RulesAreMadeAndRemoved) {
  const Answer a = rule(R"(,"protocol":"TCP","port_range_min":"80","port_range_max":80,)"
                        R"("remote_ip_prefix":"10.1.2.3/8")");
  ASSERT_EQ(a.status, 201) << a.body;
  EXPECT_EQ(a.text({"security_group_rule", "protocol"}), "tcp");
  EXPECT_EQ(a.text({"security_group_rule", "remote_ip_prefix"}), "10.1.2.3/8");
  EXPECT_EQ(a.text({"security_group_rule", "normalized_cidr"}), "10.0.0.0/8");
  EXPECT_EQ(*a.json.at({"security_group_rule", "port_range_min"})->integer(), 80);
  const std::string id = a.text({"security_group_rule", "id"});
  EXPECT_EQ(rule(R"(,"protocol":"6","port_range_min":80,"port_range_max":80,)"
                 R"("remote_ip_prefix":"10.1.2.3/8")")
                .text({"NeutronError", "message"}),
            "Security group rule already exists. Rule id is " + id + ".");
  EXPECT_EQ(ask("GET", "/security-group-rules/" + id, "", "other").status, 404);
  EXPECT_EQ(ask("DELETE", "/security-group-rules/" + id).status, 204);
  expect_error(ask("GET", "/security-group-rules/" + id), 404, "SecurityGroupRuleNotFound",
               "Security group rule " + id + " does not exist");
}

TEST_F(SecurityGroupTest, RulesThatMakeNoSenseAreRefused) {
  EXPECT_EQ(kind(R"(,"protocol":"tcpp")"), "SecurityGroupRuleInvalidProtocol");
  EXPECT_EQ(kind(R"(,"protocol":256)"), "SecurityGroupRuleInvalidProtocol");
  EXPECT_EQ(kind(R"(,"protocol":[])"), "SecurityGroupRuleInvalidProtocol");
  EXPECT_EQ(kind(R"(,"port_range_min":1)"), "SecurityGroupProtocolRequiredWithPorts");
  EXPECT_EQ(kind(R"(,"protocol":"tcp","port_range_min":9,"port_range_max":8)"),
            "SecurityGroupInvalidPortRange");
  EXPECT_EQ(kind(R"(,"protocol":"tcp","port_range_min":9)"), "SecurityGroupInvalidPortRange");
  EXPECT_EQ(kind(R"(,"protocol":"tcp","port_range_min":70000,"port_range_max":70000)"),
            "SecurityGroupInvalidPortValue");
  EXPECT_EQ(kind(R"(,"protocol":"gre","port_range_min":1,"port_range_max":2)"),
            "SecurityGroupInvalidProtocolForPort");
  EXPECT_EQ(kind(R"(,"protocol":"icmp","port_range_min":256)"), "SecurityGroupInvalidIcmpValue");
  EXPECT_EQ(kind(R"(,"protocol":"icmp","port_range_max":1)"), "SecurityGroupMissingIcmpType");
  EXPECT_EQ(kind(R"(,"ethertype":"IPv5")"), "SecurityGroupRuleInvalidEtherType");
  EXPECT_EQ(kind(R"(,"protocol":"ipv6-icmp")"), "SecurityGroupEthertypeConflictWithProtocol");
  EXPECT_EQ(kind(R"(,"remote_ip_prefix":"::/0")"), "SecurityGroupRuleParameterConflict");
  EXPECT_EQ(kind(R"(,"remote_ip_prefix":"x")"), "InvalidCIDR");
  EXPECT_EQ(kind(R"(,"remote_ip_prefix":"10.0.0.0/8","remote_group_id":")" + group_ + "\""),
            "SecurityGroupMultipleRemoteEntites");
  EXPECT_EQ(kind(R"(,"remote_group_id":"nobody")"), "SecurityGroupNotFound");
  EXPECT_EQ(
      ask("POST", "/security-group-rules",
          R"({"security_group_rule":{"security_group_id":")" + group_ + R"(","direction":"up"}})")
          .status,
      400);
  EXPECT_EQ(rule("", "other").status, 403);
  EXPECT_EQ(ask("POST", "/security-group-rules",
                R"({"security_group_rule":{"security_group_id":"x","direction":"ingress"}})")
                .status,
            404);
}

TEST_F(SecurityGroupTest, LegacyNamesOfIcmpBecomeTheNew) {
  const Answer a = rule(R"(,"ethertype":"ipv6","protocol":"icmpv6")");
  ASSERT_EQ(a.status, 201) << a.body;
  EXPECT_EQ(a.text({"security_group_rule", "protocol"}), "ipv6-icmp");
  EXPECT_EQ(a.text({"security_group_rule", "ethertype"}), "IPv6");
  const Answer whole = rule(R"(,"protocol":"udp","port_range_min":1,"port_range_max":65535)");
  EXPECT_TRUE(whole.json.at({"security_group_rule", "port_range_min"})->is_null());
}

TEST_F(SecurityGroupTest, QuotaCountsTheFirstRules) {
  const Answer used = ask("GET", "/quotas/demo-project/details");
  EXPECT_EQ(*used.json.at({"quota", "security_group", "used"})->integer(), 2);
  EXPECT_EQ(*used.json.at({"quota", "security_group_rule", "used"})->integer(), 6);
  ask("PUT", "/quotas/demo-project", R"({"quota":{"security_group_rule":6}})", "admin");
  expect_error(rule(""), 409, "OverQuota",
               "Quota exceeded for resources: ['security_group_rule'].");
}

}  // namespace
}  // namespace haneul::neutron
