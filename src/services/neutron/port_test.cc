#include "services/neutron/neutron_test.h"

namespace haneul::neutron {
namespace {

class PortTest : public NeutronTest {
 protected:
  void SetUp() override { network_ = make_network(R"("name":"n")"); }
  Answer post(const std::string& more, std::string_view token = "member") {
    return ask("POST", "/ports", R"({"port":{"network_id":")" + network_ + "\"" + more + "}}",
               token);
  }
  Answer put(const std::string& id, const std::string& inner, std::string_view token = "member") {
    return ask("PUT", "/ports/" + id, R"({"port":{)" + inner + "}}", token);
  }
  std::string network_;
};

TEST_F(PortTest, GetsAddressMacAndTheDefaultGroup) {
  make_subnet(network_);
  const Answer a = post(R"(,"name":"p","dns_name":"web")");
  ASSERT_EQ(a.status, 201) << a.body;
  EXPECT_EQ(address_of(a), "10.0.0.3");  // .1 is the gateway's, .2 answers DHCP
  EXPECT_TRUE(a.text({"port", "mac_address"}).starts_with("fa:16:3e:"));
  EXPECT_EQ(a.text({"port", "status"}), "DOWN");
  EXPECT_EQ(a.json.at({"port", "security_groups"})->array()->size(), 1u);
  EXPECT_EQ(*a.json.at({"port", "dns_assignment"})->array()->front().at({"fqdn"})->text(),
            "web.openstacklocal.");
  EXPECT_EQ(a.json.at({"port", "binding:host_id"}), nullptr);
  EXPECT_EQ(a.text({"port", "binding:vnic_type"}), "normal");
  const Answer full = ask("GET", "/ports/" + a.text({"port", "id"}), "", "admin");
  EXPECT_EQ(full.text({"port", "binding:vif_type"}), "unbound");
}

TEST_F(PortTest, OfANetworkWithoutSubnetsHasNoAddress) {
  const Answer a = post("");
  ASSERT_EQ(a.status, 201) << a.body;
  EXPECT_EQ(address_of(a), "");
}

TEST_F(PortTest, AsksForSubnetAndAddress) {
  const auto subnet = make_subnet(network_);
  EXPECT_EQ(address_of(post(R"(,"fixed_ips":[{"ip_address":"10.0.0.77"}])")), "10.0.0.77");
  EXPECT_EQ(address_of(post(R"(,"fixed_ips":[{"subnet_id":")" + subnet + R"("}])")), "10.0.0.3");
  expect_error(post(R"(,"fixed_ips":[{"ip_address":"10.0.0.77"}])"), 409,
               "IpAddressAlreadyAllocated",
               "IP address 10.0.0.77 already allocated in subnet " + subnet);
  expect_error(post(R"(,"fixed_ips":[{"ip_address":"10.9.0.1"}])"), 400, "InvalidIpForNetwork",
               "IP address 10.9.0.1 is not a valid IP for any of the subnets on the specified "
               "network.");
  expect_error(post(R"(,"fixed_ips":[{"ip_address":"10.9.0.1","subnet_id":")" + subnet + R"("}])"),
               400, "InvalidIpForSubnet",
               "IP address 10.9.0.1 is not a valid IP for the specified subnet.");
  EXPECT_EQ(post(R"(,"fixed_ips":[{"ip_address":"10.0.0.255"}])").status, 400);
  const auto other = make_subnet(make_network());
  expect_error(post(R"(,"fixed_ips":[{"subnet_id":")" + other + R"("}])"), 400, "InvalidInput",
               "Invalid input for operation: Failed to create port on network " + network_ +
                   ", because fixed_ips included invalid subnet " + other + ".");
  EXPECT_EQ(address_of(post(R"(,"fixed_ips":[])")), "");
  for (const char* bad :
       {R"(,"fixed_ips":5)", R"(,"fixed_ips":[5])", R"(,"fixed_ips":[{}])",
        R"(,"fixed_ips":[{"subnet_id":"x"}])", R"(,"fixed_ips":[{"ip_address":"x"}])",
        R"(,"fixed_ips":[{"colour":"x"}])",
        R"(,"fixed_ips":[{"ip_address":"10.0.0.9"},{"ip_address":"10.0.0.9"}])"}) {
    EXPECT_EQ(post(bad).status, 400) << bad;
  }
}

TEST_F(PortTest, SmallPoolsRunOutAndAreReused) {
  make_subnet(network_, R"("ip_version":4,"cidr":"10.0.0.0/24","enable_dhcp":false,)"
                        R"("allocation_pools":[{"start":"10.0.0.10","end":"10.0.0.11"},)"
                        R"({"start":"10.0.0.20","end":"10.0.0.20"}])");
  const Answer first = post("");
  EXPECT_EQ(address_of(first), "10.0.0.10");
  EXPECT_EQ(address_of(post(R"(,"fixed_ips":[{"ip_address":"10.0.0.11"}])")), "10.0.0.11");
  EXPECT_EQ(address_of(post("")), "10.0.0.20");
  expect_error(post(""), 409, "IpAddressGenerationFailure",
               "No more IP addresses available on network " + network_ + ".");
  EXPECT_EQ(ask("DELETE", "/ports/" + first.text({"port", "id"})).status, 204);
  EXPECT_EQ(address_of(post("")), "10.0.0.10");
  EXPECT_EQ(post("").status, 409);
}

TEST_F(PortTest, TheSecondSubnetIsTakenWhenTheFirstIsFull) {
  make_subnet(network_, R"("ip_version":4,"cidr":"10.0.0.0/30","enable_dhcp":false)");
  cloud_.clock().advance(std::chrono::seconds(1));
  make_subnet(network_, R"("ip_version":4,"cidr":"10.1.0.0/24","enable_dhcp":false)");
  EXPECT_EQ(address_of(post("")), "10.0.0.2");
  EXPECT_EQ(address_of(post("")), "10.1.0.2");
}

TEST_F(PortTest, SlaacAddressesComeOfTheMac) {
  const auto earlier = make_port(network_, R"(,"mac_address":"fa:16:3e:00:00:02")", "admin");
  const auto subnet =
      make_subnet(network_, R"("ip_version":6,"cidr":"2001:db8::/64","ipv6_ra_mode":"slaac",)"
                            R"("ipv6_address_mode":"slaac")");
  EXPECT_EQ(address_of(ask("GET", "/ports/" + earlier, "", "admin")), "2001:db8::f816:3eff:fe00:2");
  const Answer a = post(R"(,"mac_address":"FA-16-3E-00-00-01")", "member");
  ASSERT_EQ(a.status, 201) << a.body;
  EXPECT_EQ(address_of(a), "2001:db8::f816:3eff:fe00:1");
  EXPECT_EQ(post(R"(,"fixed_ips":[{"ip_address":"2001:db8::7"}])").text({"NeutronError", "type"}),
            "AllocationOnAutoAddressSubnet");
  EXPECT_EQ(ask("DELETE", "/subnets/" + subnet).status, 204);
  EXPECT_EQ(address_of(ask("GET", "/ports/" + earlier, "", "admin")), "");
}

TEST_F(PortTest, BothFamiliesGiveOneAddressEach) {
  make_subnet(network_);
  make_subnet(network_, R"("ip_version":6,"cidr":"2001:db8::/64","ipv6_ra_mode":"dhcpv6-stateful",)"
                        R"("ipv6_address_mode":"dhcpv6-stateful")");
  const Answer a = post("");
  EXPECT_EQ(a.json.at({"port", "fixed_ips"})->array()->size(), 2u) << a.body;
}

TEST_F(PortTest, MacsAreUniqueOnANetwork) {
  EXPECT_EQ(post(R"(,"mac_address":"fa:16:3e:00:00:01")").status, 201);
  expect_error(post(R"(,"mac_address":"fa:16:3e:00:00:01")"), 409, "MacAddressInUse",
               "Unable to complete operation for network " + network_ +
                   ". The mac address fa:16:3e:00:00:01 is in use.");
  EXPECT_EQ(post(R"(,"mac_address":"nonsense")").status, 400);
}

TEST_F(PortTest, ChangesItsAddresses) {
  make_subnet(network_);
  const auto id = make_port(network_);
  EXPECT_EQ(address_of(put(id, R"("fixed_ips":[{"ip_address":"10.0.0.50"}])")), "10.0.0.50");
  EXPECT_EQ(address_of(post(R"(,"fixed_ips":[{"ip_address":"10.0.0.3"}])")), "10.0.0.3");
  EXPECT_EQ(put(id, R"("fixed_ips":[{"ip_address":"10.0.0.3"}])").status, 409);
  EXPECT_EQ(address_of(ask("GET", "/ports/" + id)), "10.0.0.50");
  const Answer two =
      put(id, R"("fixed_ips":[{"ip_address":"10.0.0.50"},{"ip_address":"10.0.0.51"}])");
  EXPECT_EQ(two.json.at({"port", "fixed_ips"})->array()->size(), 2u) << two.body;
  EXPECT_EQ(address_of(put(id, R"("fixed_ips":[])")), "");
}

TEST_F(PortTest, SecurityGroupsMustBeThereAndGoWithPortSecurity) {
  make_subnet(network_);
  const auto group = make("security-groups", "security_group", R"("name":"web")");
  const auto foreign = make("security-groups", "security_group", R"("name":"x")", "other");
  EXPECT_EQ(post(R"(,"security_groups":[")" + group + R"("])").status, 201);
  expect_error(post(R"(,"security_groups":[")" + foreign + R"("])"), 404, "SecurityGroupNotFound",
               "Security group " + foreign + " does not exist");
  expect_error(post(R"(,"security_groups":["x"])"), 400, "HTTPBadRequest",
               "Invalid input for security_groups. Reason: 'x' is not a valid UUID.");
  const Answer open = post(R"(,"port_security_enabled":false)");
  EXPECT_EQ(open.json.at({"port", "security_groups"})->array()->size(), 0u);
  EXPECT_EQ(post(R"(,"port_security_enabled":false,"security_groups":[")" + group + R"("])")
                .text({"NeutronError", "type"}),
            "PortSecurityAndIPRequiredForSecurityGroups");
  expect_error(ask("DELETE", "/security-groups/" + group), 409, "SecurityGroupInUse",
               "Security Group " + group + " in use.");
  const auto id = make_port(network_);
  EXPECT_EQ(put(id, R"("port_security_enabled":false)").status, 409);
  EXPECT_EQ(put(id, R"("port_security_enabled":false,"security_groups":[])").status, 200);
  EXPECT_EQ(put(id, R"("security_groups":null,"port_security_enabled":true)").status, 200);
}

TEST_F(PortTest, AddressPairs) {
  const Answer a = post(R"(,"allowed_address_pairs":[{"ip_address":"10.0.0.0/24"}])");
  ASSERT_EQ(a.status, 201) << a.body;
  EXPECT_EQ(
      *a.json.at({"port", "allowed_address_pairs"})->array()->front().at({"mac_address"})->text(),
      a.text({"port", "mac_address"}));
  EXPECT_EQ(
      post(R"(,"allowed_address_pairs":[{"ip_address":"10.0.0.1"},{"ip_address":"10.0.0.1"}])")
          .text({"NeutronError", "type"}),
      "DuplicateAddressPairInRequest");
  for (const char* bad : {"5", "[5]", R"([{"ip_address":"x"}])", R"([{"mac_address":"x"}])",
                          R"([{"ip_address":"10.0.0.1","mac_address":"x"}])",
                          R"([{"ip_address":"10.0.0.1","colour":"red"}])"}) {
    EXPECT_EQ(post(std::string(R"(,"allowed_address_pairs":)") + bad).status, 400) << bad;
  }
  EXPECT_EQ(
      post(R"(,"port_security_enabled":false,"allowed_address_pairs":[{"ip_address":"10.0.0.1"}])")
          .status,
      409);
}

TEST_F(PortTest, ListsByAddressDeviceAndGroup) {
  const auto subnet = make_subnet(network_);
  const auto id = make_port(network_, R"(,"device_id":"d1")");
  make_port(network_, R"(,"device_id":"d2")");
  const auto found = [&](const std::string& query) {
    return count(ask("GET", "/ports?" + query), "ports");
  };
  EXPECT_EQ(found("device_id=d1"), 1u);
  EXPECT_EQ(found("device_id=d1&device_id=d2"), 2u);
  EXPECT_EQ(found("fixed_ips=ip_address=10.0.0.3"), 1u);
  EXPECT_EQ(found("fixed_ips=ip_address%3D10.0.0.3&fixed_ips=subnet_id%3D" + subnet), 1u);
  EXPECT_EQ(found("fixed_ips=subnet_id=" + subnet), 3u);  // and the one that answers DHCP
  EXPECT_EQ(found("fixed_ips=ip_address_substr=0.0.4"), 1u);
  EXPECT_EQ(found("device_owner=network:distributed"), 1u);
  EXPECT_EQ(found("security_groups=nobody"), 0u);
  EXPECT_EQ(ask("GET", "/ports?fixed_ips=nonsense").status, 400);
  EXPECT_EQ(count(ask("GET", "/ports", "", "other"), "ports"), 0u);
}

TEST_F(PortTest, OnlySomeMayBindOrPretendToBeTheNetwork) {
  EXPECT_EQ(post(R"(,"binding:host_id":"h1")").status, 403);
  EXPECT_EQ(post(R"(,"device_owner":"network:dhcp")", "member").status,
            201);  // the network's owner
  const Answer bound = post(R"(,"binding:host_id":"h1")", "admin");
  ASSERT_EQ(bound.status, 201) << bound.body;
  EXPECT_EQ(bound.text({"port", "binding:vif_type"}), "ovs");
  const auto shared = make_network(R"("shared":true)", "admin");
  make_subnet(shared, R"("ip_version":4,"cidr":"10.5.0.0/24")", "admin");
  make_port(shared, "", "other");
  const auto on_shared = [&](const std::string& more) {
    return ask("POST", "/ports", R"({"port":{"network_id":")" + shared + "\"" + more + "}}",
               "other");
  };
  EXPECT_EQ(on_shared(R"(,"device_owner":"network:dhcp")").status, 403);
  EXPECT_EQ(on_shared(R"(,"mac_address":"fa:16:3e:00:00:09")").status, 403);
  EXPECT_EQ(on_shared(R"(,"fixed_ips":[{"ip_address":"10.5.0.9"}])").status, 403);
}

TEST_F(PortTest, TheNetworkMustBeTheCallersOwnOrShared) {
  expect_error(post("", "other"), 403, "PolicyNotAuthorized",
               "rule:create_port is disallowed by policy");
  expect_error(
      ask("POST", "/ports", R"({"port":{"network_id":"6b8c5d4e-0000-4000-8000-000000000000"}})"),
      404, "NetworkNotFound", "Network 6b8c5d4e-0000-4000-8000-000000000000 could not be found.");
  expect_error(ask("POST", "/ports", R"({"port":{}})"), 400, "HTTPBadRequest",
               "Failed to parse request. Required attribute 'network_id' not specified");
  EXPECT_EQ(ask("POST", "/ports", R"({"port":{"network_id":null}})").status, 400);
  EXPECT_EQ(ask("POST", "/ports", R"({"port":{"network_id":"x"}})").status, 400);
}

TEST_F(PortTest, ManyPortsOnAWideSubnetCostTheSameEach) {
  make_subnet(network_, R"("ip_version":4,"cidr":"10.0.0.0/8","enable_dhcp":false)");
  ASSERT_EQ(ask("PUT", "/quotas/demo-project", R"({"quota":{"port":-1}})", "admin").status, 200);
  std::string body = R"({"ports":[)";
  for (int i = 0; i < 1000; ++i) {
    body += (i ? "," : "") + (R"({"network_id":")" + network_ + R"("})");
  }
  const Answer made = ask("POST", "/ports", body + "]}");
  ASSERT_EQ(made.status, 201);
  EXPECT_EQ(count(made, "ports"), 1000u);
  EXPECT_EQ(address_of(post("")), "10.0.3.234");
}

}  // namespace
}  // namespace haneul::neutron
