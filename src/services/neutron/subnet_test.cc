#include "services/neutron/neutron_test.h"

namespace haneul::neutron {
namespace {

class SubnetTest : public NeutronTest {
 protected:
  void SetUp() override { network_ = make_network(R"("name":"n")"); }
  Answer post(const std::string& more, std::string_view token = "member") {
    return ask("POST", "/subnets", R"({"subnet":{"network_id":")" + network_ + "\"," + more + "}}",
               token);
  }
  std::string reason(const std::string& more) { return post(more).text({"NeutronError", "type"}); }
  std::string network_;
};

TEST_F(SubnetTest, ChoosesGatewayAndPools) {
  const Answer a = post(R"("ip_version":4,"cidr":"10.0.0.77/24")");
  ASSERT_EQ(a.status, 201) << a.body;
  EXPECT_EQ(a.text({"subnet", "cidr"}), "10.0.0.0/24");
  EXPECT_EQ(a.text({"subnet", "gateway_ip"}), "10.0.0.1");
  EXPECT_NE(a.body.find(R"("allocation_pools":[{"start":"10.0.0.2","end":"10.0.0.254"}])"),
            std::string::npos);
  EXPECT_TRUE(*a.json.at({"subnet", "enable_dhcp"})->boolean());
  const Answer none = post(R"("ip_version":4,"cidr":"10.0.1.0/24","gateway_ip":null)");
  EXPECT_TRUE(none.json.at({"subnet", "gateway_ip"})->is_null());
  const Answer n = ask("GET", "/networks/" + network_);
  EXPECT_EQ(n.json.at({"network", "subnets"})->array()->size(), 2u);
}

TEST_F(SubnetTest, APortAnswersDhcpWhereSomebodyAsks) {
  const auto id = make_subnet(network_);
  const Answer ports = ask("GET", "/ports?device_owner=network:distributed");
  ASSERT_EQ(count(ports, "ports"), 1u);
  const auto& port = ports.json.at({"ports"})->array()->front();
  EXPECT_EQ(*port.at({"device_id"})->text(), "ovnmeta-" + network_);
  EXPECT_EQ(ask("PUT", "/subnets/" + id, R"({"subnet":{"enable_dhcp":false}})").status, 200);
  EXPECT_EQ(count(ask("GET", "/ports"), "ports"), 0u);
  EXPECT_EQ(ask("PUT", "/subnets/" + id, R"({"subnet":{"enable_dhcp":true}})").status, 200);
  EXPECT_EQ(count(ask("GET", "/ports"), "ports"), 1u);
  EXPECT_EQ(ask("DELETE", "/subnets/" + id).status, 204);
  EXPECT_EQ(count(ask("GET", "/ports"), "ports"), 0u);
}

TEST_F(SubnetTest, WhatDoesNotFitIsRefused) {
  expect_error(post(R"("ip_version":4)"), 400, "BadRequest",
               "Bad subnets request: a subnetpool must be specified in the absence of a cidr.");
  expect_error(
      post(R"("ip_version":6,"cidr":"10.0.0.0/24")"), 400, "InvalidInput",
      "Invalid input for operation: cidr '10.0.0.0/24' does not match the ip_version '6'.");
  expect_error(post(R"("ip_version":5,"cidr":"10.0.0.0/24")"), 400, "HTTPBadRequest",
               "Invalid input for ip_version. Reason: 5 is not in [4, 6].");
  expect_error(post(R"("ip_version":4,"cidr":"10.0.0/24")"), 400, "HTTPBadRequest",
               "Invalid input for cidr. Reason: '10.0.0/24' is not a valid IP subnet.");
  EXPECT_EQ(reason(R"("ip_version":4,"cidr":"0.0.0.0/0")"), "InvalidInput");
  EXPECT_EQ(reason(R"("ip_version":4,"cidr":"10.0.0.0/31")"), "InvalidInput");
  EXPECT_EQ(reason(R"("ip_version":4,"cidr":"127.0.0.0/24")"), "InvalidInput");
  EXPECT_EQ(reason(R"("ip_version":4,"cidr":"224.0.0.0/24")"), "InvalidInput");
  EXPECT_EQ(reason(R"("ip_version":4,"cidr":"10.0.0.0/24","gateway_ip":"10.0.0.255")"),
            "InvalidInput");
  EXPECT_EQ(reason(R"("ip_version":4,"cidr":"10.0.0.0/24","gateway_ip":"::1")"), "InvalidInput");
  EXPECT_EQ(reason(R"("ip_version":4,"cidr":"10.0.0.0/24","ipv6_ra_mode":"slaac")"),
            "InvalidInput");
  EXPECT_EQ(reason(R"("ip_version":6,"cidr":"2001:db8::/80","ipv6_address_mode":"slaac")"),
            "InvalidInput");
  EXPECT_EQ(reason(R"("ip_version":6,"cidr":"2001:db8::/64","ipv6_address_mode":"slaac",)"
                   R"("ipv6_ra_mode":"dhcpv6-stateful")"),
            "InvalidInput");
  EXPECT_EQ(reason(R"("ip_version":4,"cidr":"10.0.0.0/24","dns_nameservers":["::1"])"),
            "InvalidInput");
  EXPECT_EQ(reason(R"("ip_version":4,"cidr":"10.0.0.0/24","dns_nameservers":["x"])"),
            "HTTPBadRequest");
  EXPECT_EQ(reason(R"("ip_version":4,"cidr":"10.0.0.0/24","host_routes":[{"destination":"x"}])"),
            "HTTPBadRequest");
  EXPECT_EQ(reason(R"("ip_version":4,"cidr":"10.0.0.0/24","prefixlen":24)"), "BadRequest");
  EXPECT_EQ(count(ask("GET", "/subnets"), "subnets"), 0u);
}

TEST_F(SubnetTest, PoolsAreChecked) {
  const auto pools = [&](const std::string& list) {
    return post(R"("ip_version":4,"cidr":"10.0.0.0/24","allocation_pools":)" + list);
  };
  expect_error(pools(R"([{"start":"10.0.0.9","end":"10.0.0.2"}])"), 400, "InvalidAllocationPool",
               "The allocation pool 10.0.0.9-10.0.0.2 is not valid.");
  expect_error(pools(R"([{"start":"10.0.0.9","end":"10.0.1.2"}])"), 400,
               "OutOfBoundsAllocationPool",
               "The allocation pool 10.0.0.9-10.0.1.2 spans beyond the subnet cidr 10.0.0.0/24.");
  expect_error(
      pools(R"([{"start":"10.0.0.2","end":"10.0.0.9"},{"start":"10.0.0.9","end":"10.0.0.11"}])"),
      409, "OverlappingAllocationPools",
      "Found overlapping allocation pools: 10.0.0.2-10.0.0.9 10.0.0.9-10.0.0.11 for "
      "subnet 10.0.0.0/24.");
  expect_error(pools(R"([{"start":"10.0.0.1","end":"10.0.0.9"}])"), 409,
               "GatewayConflictWithAllocationPools",
               "Gateway ip 10.0.0.1 conflicts with allocation pool 10.0.0.1-10.0.0.9.");
  for (const char* bad :
       {"5", "[5]", R"([{"start":"10.0.0.2"}])", R"([{"start":"10.0.0.2","end":"x"}])",
        R"([{"start":"10.0.0.2","end":"10.0.0.3","x":1}])"}) {
    EXPECT_EQ(pools(bad).status, 400) << bad;
  }
}

TEST_F(SubnetTest, OverlapsOnOneNetworkAreRefused) {
  make_subnet(network_);
  expect_error(post(R"("ip_version":4,"cidr":"10.0.0.128/25")"), 400, "InvalidInput",
               "Invalid input for operation: Requested subnet with cidr: 10.0.0.128/25 for "
               "network: " +
                   network_ + " overlaps with another subnet.");
  make_subnet(make_network());  // on another network it may
}

TEST_F(SubnetTest, PortsKeepIt) {
  const auto id = make_subnet(network_);
  const auto port = make_port(network_);
  expect_error(ask("DELETE", "/subnets/" + id), 409, "SubnetInUse",
               "Unable to complete operation on subnet " + id +
                   ": One or more ports have an IP allocation from this subnet.");
  EXPECT_EQ(ask("DELETE", "/ports/" + port).status, 204);
  EXPECT_EQ(ask("DELETE", "/subnets/" + id).status, 204);
}

TEST_F(SubnetTest, ChangesArePutThrough) {
  const auto id = make_subnet(network_);
  const auto put = [&](const std::string& inner) {
    return ask("PUT", "/subnets/" + id, R"({"subnet":{)" + inner + "}}");
  };
  EXPECT_EQ(put(R"("allocation_pools":[{"start":"10.0.0.100","end":"10.0.0.101"}])").status, 200);
  const Answer port = ask("POST", "/ports", R"({"port":{"network_id":")" + network_ + R"("}})");
  EXPECT_EQ(address_of(port), "10.0.0.100");
  EXPECT_EQ(put(R"("gateway_ip":"10.0.0.100")").status, 409);
  EXPECT_EQ(put(R"("gateway_ip":"10.0.0.254")").text({"subnet", "gateway_ip"}), "10.0.0.254");
  EXPECT_EQ(put(R"("dns_nameservers":["9.9.9.9","8.8.8.8"])").status, 200);
  EXPECT_NE(ask("GET", "/subnets/" + id).body.find(R"("dns_nameservers":["9.9.9.9","8.8.8.8"])"),
            std::string::npos);
  EXPECT_EQ(put(R"("cidr":"10.0.0.0/25")").status, 400);
}

TEST_F(SubnetTest, OnlyTheNetworksOwnerAddsOne) {
  EXPECT_EQ(post(R"("ip_version":4,"cidr":"10.0.0.0/24")", "other").status, 403);
  expect_error(ask("POST", "/subnets",
                   R"({"subnet":{"ip_version":4,"cidr":"10.0.0.0/24",)"
                   R"("network_id":"6b8c5d4e-0000-4000-8000-000000000000"}})"),
               404, "NetworkNotFound",
               "Network 6b8c5d4e-0000-4000-8000-000000000000 could not be found.");
}

TEST_F(SubnetTest, APoolGoesOnWithItsNextPrefix) {
  const auto pool = make("subnetpools", "subnetpool",
                         R"("name":"p","prefixes":["10.50.0.0/24","10.50.2.0/24"],)"
                         R"("default_prefixlen":24)");
  const auto network = make_network();
  const auto next = [&] {
    return ask("POST", "/subnets",
               R"({"subnet":{"ip_version":4,"network_id":")" + network + R"(","subnetpool_id":")" +
                   pool + R"("}})");
  };
  EXPECT_EQ(next().text({"subnet", "cidr"}), "10.50.0.0/24");
  EXPECT_EQ(next().text({"subnet", "cidr"}), "10.50.2.0/24");
  expect_error(next(), 409, "SubnetAllocationError",
               "Failed to allocate subnet: Insufficient prefix space to allocate subnet size /24.");
}

TEST_F(SubnetTest, PoolsGiveOutPrefixes) {
  const auto pool = make("subnetpools", "subnetpool",
                         R"("name":"p","prefixes":["10.8.0.0/16"],"default_prefixlen":24)");
  const auto from_pool = [&](const std::string& more) {
    return post(R"("ip_version":4,"subnetpool_id":")" + pool + "\"" + more)
        .text({"subnet", "cidr"});
  };
  EXPECT_EQ(from_pool(""), "10.8.0.0/24");
  EXPECT_EQ(from_pool(R"(,"prefixlen":26)"), "10.8.1.0/26");
  EXPECT_EQ(from_pool(""), "10.8.2.0/24");
  EXPECT_EQ(from_pool(R"(,"cidr":"10.8.9.0/24")"), "10.8.9.0/24");
  EXPECT_EQ(from_pool(R"(,"cidr":"10.9.9.0/24")"), "");
  EXPECT_EQ(ask("DELETE", "/subnetpools/" + pool).status, 400);
  EXPECT_EQ(ask("POST", "/subnetpools", R"({"subnetpool":{"name":"x","prefixes":[]}})").status,
            400);
  EXPECT_EQ(ask("POST", "/subnetpools",
                R"({"subnetpool":{"name":"x","prefixes":["10.0.0.0/8","::/64"]}})")
                .status,
            400);
  EXPECT_EQ(ask("POST", "/subnetpools",
                R"({"subnetpool":{"name":"x","prefixes":["10.0.0.0/8"],"min_prefixlen":40}})")
                .status,
            400);
}

TEST_F(SubnetTest, AvailabilityCountsAddresses) {
  make_subnet(network_);
  make_subnet(network_, R"("ip_version":6,"cidr":"2001:db8::/64")");
  const Answer a = ask("GET", "/network-ip-availabilities/" + network_, "", "admin");
  ASSERT_EQ(a.status, 200) << a.body;
  EXPECT_EQ(*a.json.at({"network_ip_availability", "used_ips"})->integer(), 2);
  EXPECT_NE(a.body.find(R"("total_ips":18446744073709551867)"), std::string::npos) << a.body;
  const Answer four = ask("GET", "/network-ip-availabilities?ip_version=4", "", "admin");
  EXPECT_NE(four.body.find(R"("total_ips":253)"), std::string::npos) << four.body;
}

}  // namespace
}  // namespace haneul::neutron
