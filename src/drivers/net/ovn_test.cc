#include <condition_variable>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/net/address.h"
#include "drivers/net/ovn_plans.h"
#include "drivers/net/ovn_rows.h"
#include "drivers/net/ovn_tables.h"
#include "drivers/net/ovsdb_stand_in.h"

namespace haneul::net::ovn {
namespace {

using ovsdb::Datum;
using ovsdb::Replica;
using ovsdb::Row;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kNet = "11111111-0000-4000-8000-000000000001";
const std::string kPort = "22222222-0000-4000-8000-000000000002";
const std::string kGroup = "33333333-0000-4000-8000-000000000003";
const std::string kRouter = "44444444-0000-4000-8000-000000000004";
const std::string kSubnet = "55555555-0000-4000-8000-000000000005";

Network a_network() {
  Network network{.id = kNet, .name = "blue", .mtu = 1442};
  network.subnets = {{.id = kSubnet,
                      .cidr = "10.0.0.0/24",
                      .gateway_ip = "10.0.0.1",
                      .dns_nameservers = {"9.9.9.9", "1.1.1.1"},
                      .host_routes = {{"192.168.0.0/16", "10.0.0.9"}},
                      .metadata_ip = "10.0.0.2"}};
  network.dns_domain = "example.org.";
  network.metadata_port_id = "meta";
  network.metadata_mac = "fa:16:3e:00:00:02";
  return network;
}

Port a_port() {
  Port port{.id = kPort, .network_id = kNet, .name = "web", .mac_address = "fa:16:3e:00:00:0a"};
  port.device_owner = "compute:nova";
  port.device_id = "vm";
  port.fixed_ips = {{kSubnet, "10.0.0.10"}};
  port.security_groups = {kGroup};
  port.host = "h1";
  return port;
}

SecurityGroup a_group() {
  return {kGroup, "default", {{.id = "r1", .protocol = "tcp", .port_min = 22, .port_max = 22}}};
}

Router a_router() {
  Router router{.id = kRouter, .name = "edge"};
  router.interfaces = {{"if1", kNet, "fa:16:3e:00:00:01", {"10.0.0.1/24"}, "", 1442}};
  router.gateway = RouterInterface{"gw", "ext", "fa:16:3e:00:00:ff", {"172.24.4.5/24"}, "", 1500};
  router.gateway_nexthops = {"172.24.4.1"};
  router.snat_cidrs = {"10.0.0.0/24"};
  router.routes = {{"10.9.0.0/16", "10.0.0.7"}};
  router.floating_ips = {{"fip1", "172.24.4.60", "10.0.0.10", kPort}};
  return router;
}

class Northbound {
 public:
  Northbound() : replica_(northbound_tables()), stand_in_(replica_) {
    replica_.use_schema(ovsdb::northbound_schema());
  }
  // Runs the plan; afterwards there must be nothing more to do.
  template <class F>
  std::vector<ovsdb::Change> become(F planner) {
    Plan plan = planner();
    auto changes = stand_in_.run(plan.take());
    Plan again = planner();
    EXPECT_TRUE(again.empty()) << json::dump(json::Value(again.take()));
    return changes;
  }
  void put(const Network& n) {
    become([&] { return plan_network(replica_, n); });
  }
  void put(const Port& p) {
    become([&] { return plan_port(replica_, p); });
  }
  void put(const SecurityGroup& g) {
    become([&] { return plan_security_group(replica_, g); });
  }
  void put(const Router& r) {
    become([&] { return plan_router(replica_, r, {"h1", "h2"}); });
  }
  void put_drop_group() {
    become([&] { return plan_drop_group(replica_); });
  }
  void run(std::string_view operations) { stand_in_.run(*json::parse(operations)->array()); }
  const Row& row(std::string_view table, const std::string& name) const {
    const Row* found = replica_.find(table, replica_.find_one(table, name));
    if (found == nullptr) throw std::runtime_error("no " + name + " in " + std::string(table));
    return *found;
  }
  Datum members(const std::string& group) const {
    return ovsdb::column(row("Port_Group", group), "ports");
  }

  Replica replica_;
  ovsdb::StandIn stand_in_;
};

std::string shown(const Replica& replica, std::string_view table, const Row& row) {
  return json::dump(ovsdb::encode_row(replica.schema_of(table), row));
}

TEST(Address, KnowsWhatANetworkHolds) {
  EXPECT_TRUE(contains("10.0.0.0/24", "10.0.0.255"));
  EXPECT_EQ(first_host("10.1.2.128/25"), "10.1.2.129");
  EXPECT_EQ(first_host("10.0.255.0/24"), "10.0.255.1");
  EXPECT_EQ(first_host("0.0.0.0/0"), "0.0.0.1");
  for (const char* bad : {"10.1.2.129/25", "10.0.0.1/24", "10.0.0.0/31", "10.0.0.0", "fd00::/64",
                          "10.0.0.0/-1", "10.0.0.0/x", ""}) {
    EXPECT_FALSE(first_host(bad)) << bad;
  }
  EXPECT_FALSE(contains("10.0.0.0/24", "10.0.1.0"));
  EXPECT_TRUE(contains("10.0.0.0/23", "10.0.1.0"));
  EXPECT_TRUE(contains("0.0.0.0/0", "8.8.8.8"));
  EXPECT_TRUE(contains("fd00::/63", "fd00:0:0:1::5"));
  EXPECT_FALSE(contains("fd00::/64", "fd00:0:0:1::5"));
  EXPECT_FALSE(contains("fd00::/64", "10.0.0.1"));
  EXPECT_FALSE(contains("10.0.0.0/99", "10.0.0.1"));
  EXPECT_FALSE(contains("nonsense", "10.0.0.1"));
}

TEST(OvnRows, DhcpForIpv4) {
  const Network network = a_network();
  const auto row = dhcp_row(network, network.subnets.front());
  ASSERT_TRUE(row);
  EXPECT_EQ(ovsdb::text_of(*row, "cidr"), "10.0.0.0/24");
  const auto option = [&](const char* key) {
    return std::string(ovsdb::text_of(*row, "options", key));
  };
  EXPECT_EQ(option("classless_static_route"),
            "{169.254.169.254/32,10.0.0.2, 192.168.0.0/16,10.0.0.9, 0.0.0.0/0,10.0.0.1}");
  EXPECT_EQ(option("dns_server"), "{9.9.9.9, 1.1.1.1}");
  EXPECT_EQ(option("router"), "10.0.0.1");
  EXPECT_EQ(option("server_id"), "10.0.0.1");
  EXPECT_EQ(option("mtu"), "1442");
  EXPECT_EQ(option("lease_time"), "43200");
  EXPECT_EQ(option("domain_name"), "\"example.org\"");
  EXPECT_TRUE(option("server_mac").starts_with("fa:16:3e:"));
}

TEST(OvnRows, DhcpWithoutAGatewayIsServedFromTheMetadataAddress) {
  Network network = a_network();
  Subnet& subnet = network.subnets.front();
  subnet.gateway_ip.clear();
  subnet.host_routes.clear();
  const auto row = dhcp_row(network, subnet);
  ASSERT_TRUE(row);
  EXPECT_EQ(ovsdb::text_of(*row, "options", "server_id"), "10.0.0.2");
  EXPECT_EQ(ovsdb::text_of(*row, "options", "router"), "");
  EXPECT_EQ(ovsdb::text_of(*row, "options", "classless_static_route"),
            "{169.254.169.254/32,10.0.0.2}");
  subnet.metadata_ip.clear();
  EXPECT_FALSE(dhcp_row(network, subnet));
}

TEST(OvnRows, DhcpForIpv6) {
  Network network = a_network();
  Subnet subnet{.id = "s6", .cidr = "fd00::/64", .gateway_ip = "fd00::1", .ip_version = 6};
  subnet.ipv6_address_mode = "dhcpv6-stateless";
  EXPECT_EQ(ovsdb::text_of(*dhcp_row(network, subnet), "options", "dhcpv6_stateless"), "true");
  subnet.ipv6_address_mode = "slaac";
  EXPECT_FALSE(dhcp_row(network, subnet));
  subnet.ipv6_address_mode = "dhcpv6-stateful";
  subnet.enable_dhcp = false;
  EXPECT_FALSE(dhcp_row(network, subnet));
}

TEST(OvnRows, PortAsNeutronWritesIt) {
  const Northbound nb;
  EXPECT_EQ(shown(nb.replica_, "Logical_Switch_Port", port_row(a_port())),
            R"({"addresses":"fa:16:3e:00:00:0a 10.0.0.10","enabled":true,"external_ids":["map",[)"
            R"(["neutron:device_id","vm"],["neutron:device_owner","compute:nova"],)"
            R"(["neutron:network_name","neutron-11111111-0000-4000-8000-000000000001"],)"
            R"(["neutron:port_name","web"],)"
            R"(["neutron:security_group_ids","33333333-0000-4000-8000-000000000003"]]],)"
            R"("name":"22222222-0000-4000-8000-000000000002",)"
            R"("options":["map",[["requested-chassis","h1"]]],)"
            R"("port_security":"fa:16:3e:00:00:0a 10.0.0.10"})");
}

TEST(OvnRows, PortWithAllowedAddressPairs) {
  Port port = a_port();
  port.allowed_address_pairs = {
      {"10.0.0.99", ""}, {"10.1.0.0/16", "fa:16:3e:00:00:bb"}, {"10.2.0.1", "fa:16:3e:00:00:bb"}};
  const Row row = port_row(port);
  EXPECT_THAT(ovsdb::column(row, "port_security").keys,
              ElementsAre("fa:16:3e:00:00:0a 10.0.0.10 10.0.0.99",
                          "fa:16:3e:00:00:bb 10.1.0.0/16 10.2.0.1"));
  EXPECT_THAT(ovsdb::column(row, "addresses").keys,
              ElementsAre("fa:16:3e:00:00:0a 10.0.0.10", "fa:16:3e:00:00:bb 10.1.0.0/16 10.2.0.1"));
}

TEST(OvnRows, PortWithoutSecurityMayBeAnyone) {
  Port port = a_port();
  port.port_security = false;
  port.admin_up = false;
  const Row row = port_row(port);
  EXPECT_THAT(ovsdb::column(row, "addresses").keys,
              ElementsAre("fa:16:3e:00:00:0a 10.0.0.10", "unknown"));
  EXPECT_FALSE(is_filtered(row));
  EXPECT_THAT(groups_of(row), IsEmpty());
  EXPECT_FALSE(ovsdb::is_true(row, "enabled"));
}

TEST(OvnRows, RouterPortsInTheSwitch) {
  Port port = a_port();
  port.device_owner = "network:router_gateway";
  const Row row = port_row(port);
  EXPECT_EQ(ovsdb::text_of(row, "type"), "router");
  EXPECT_EQ(ovsdb::text_of(row, "options", "router-port"), "lrp-" + kPort);
  EXPECT_EQ(ovsdb::text_of(row, "options", "nat-addresses"), "router");
  EXPECT_THAT(ovsdb::column(row, "addresses").keys, ElementsAre("router"));
}

TEST(OvnRows, ProviderNetworkWithVlan) {
  Network network{.id = kNet, .physical_network = "public", .vlan = 7};
  const Row row = provider_port_row(network);
  EXPECT_EQ(ovsdb::text_of(row, "name"), "provnet-" + kNet);
  EXPECT_EQ(ovsdb::text_of(row, "type"), "localnet");
  EXPECT_EQ(ovsdb::text_of(row, "tag"), "7");
  EXPECT_EQ(ovsdb::text_of(row, "options", "network_name"), "public");
}

std::string match_of(SecurityGroupRule rule) {
  SecurityGroup group{.id = "a-b"};
  return acl_match(group, rule);
}

TEST(OvnAcl, MatchesAsNeutronWritesThem) {
  EXPECT_EQ(match_of({.ingress = false}), "inport == @pg_a_b && ip4");
  EXPECT_EQ(match_of({.protocol = "tcp", .port_min = 22, .port_max = 22}),
            "outport == @pg_a_b && ip4 && tcp && tcp.dst == 22");
  EXPECT_EQ(
      match_of({.protocol = "17", .port_min = 1, .port_max = 9, .remote_ip_prefix = "0.0.0.0/0"}),
      "outport == @pg_a_b && ip4 && ip4.src == 0.0.0.0/0 && udp && udp.dst >= 1 && "
      "udp.dst <= 9");
  EXPECT_EQ(match_of({.ethertype = 6, .remote_group_id = "c-d"}),
            "outport == @pg_a_b && ip6 && ip6.src == $pg_c_d_ip6");
  EXPECT_EQ(match_of({.ingress = false, .remote_ip_prefix = "10.0.0.0/8"}),
            "inport == @pg_a_b && ip4 && ip4.dst == 10.0.0.0/8");
  EXPECT_EQ(match_of({.protocol = "icmp", .port_min = 8, .port_max = 0}),
            "outport == @pg_a_b && ip4 && icmp4 && icmp4.type == 8 && icmp4.code == 0");
  EXPECT_EQ(match_of({.ethertype = 6, .protocol = "ipv6-icmp"}),
            "outport == @pg_a_b && ip6 && icmp6");
  EXPECT_EQ(match_of({.protocol = "vrrp"}), "outport == @pg_a_b && ip4 && ip.proto == 112");
  EXPECT_EQ(match_of({.protocol = "47"}), "outport == @pg_a_b && ip4 && ip.proto == 47");
  EXPECT_THROW(match_of({.protocol = "1 || ip4"}), Error);
  EXPECT_THROW(match_of({.protocol = "256"}), Error);
}

TEST(OvnPlan, PutsAnObjectWithOneTransactionAndThenNothing) {
  Northbound nb;
  nb.put_drop_group();
  nb.put(a_network());
  nb.put(a_group());
  nb.put(a_port());
  nb.put(a_router());
  EXPECT_THAT(marked_objects(nb.replica_),
              ElementsAre(Object{Kind::network, kNet}, Object{Kind::port, kPort},
                          Object{Kind::router, kRouter}, Object{Kind::security_group, kGroup}));
  const std::string port = nb.replica_.find_one("Logical_Switch_Port", kPort);
  EXPECT_TRUE(nb.members("neutron_pg_drop").has(port));
  EXPECT_TRUE(nb.members(port_group_name(kGroup)).has(port));
  const Row& row = nb.row("Logical_Switch_Port", kPort);
  EXPECT_EQ(ovsdb::text_of(row, "dhcpv4_options"),
            nb.replica_.find_one("DHCP_Options", "network/" + kNet));
  EXPECT_TRUE(ovsdb::column(nb.row("Logical_Switch", "neutron-" + kNet), "ports").has(port));
}

TEST(OvnPlan, GoldenTransactionOfAPortAlone) {
  Northbound nb;
  nb.put(Network{.id = "n"});
  Port port{.id = "p", .network_id = "n", .mac_address = "fa:16:3e:00:00:01"};
  port.port_security = false;
  Plan plan = plan_port(nb.replica_, port);
  const std::string text = json::dump(json::Value(plan.take()));
  EXPECT_THAT(text,
              HasSubstr(R"([{"op":"insert","table":"Logical_Switch_Port","uuid-name":"row1")"));
  EXPECT_THAT(text, HasSubstr(R"(["haneul:object","port/p"],["haneul:sum",)"));
  EXPECT_THAT(text, HasSubstr(R"({"op":"mutate","table":"Logical_Switch","where":)"
                              R"([["_uuid","==",["uuid","u1"]]],"mutations":)"
                              R"([["ports","insert",["set",[["named-uuid","row1"]]]]]}])"));
}

TEST(OvnPlan, WritesOnlyTheColumnThatChanged) {
  Northbound nb;
  nb.put(a_network());
  nb.put(a_port());
  Port port = a_port();
  port.admin_up = false;
  Plan plan = plan_port(nb.replica_, port);
  const json::Array operations = plan.take();
  ASSERT_EQ(operations.size(), 1u);
  const json::Object& row = *operations.front().at({"row"})->object();
  EXPECT_EQ(row.size(), 2u);  // the sum changes with it
  EXPECT_TRUE(row.has("enabled") && row.has("external_ids"));
}

TEST(OvnPlan, RefusesAPortOfAnUnknownNetwork) {
  const Northbound nb;
  EXPECT_THROW(plan_port(nb.replica_, a_port()), Error);
}

TEST(OvnPlan, GroupThatComesLaterFindsItsPorts) {
  Northbound nb;
  nb.put(a_network());
  nb.put(a_port());
  nb.put_drop_group();
  nb.put(a_group());
  const std::string port = nb.replica_.find_one("Logical_Switch_Port", kPort);
  EXPECT_THAT(nb.members(port_group_name(kGroup)).keys, ElementsAre(port));
  EXPECT_THAT(nb.members("neutron_pg_drop").keys, ElementsAre(port));
}

TEST(OvnPlan, PortLeavesGroupsAndNetworks) {
  Northbound nb;
  nb.put_drop_group();
  nb.put(a_network());
  nb.put(Network{.id = "other"});
  nb.put(a_group());
  nb.put(a_port());
  Port port = a_port();
  port.security_groups.clear();
  port.network_id = "other";
  port.fixed_ips.clear();
  nb.put(port);
  const std::string uuid = nb.replica_.find_one("Logical_Switch_Port", kPort);
  EXPECT_TRUE(nb.members(port_group_name(kGroup)).empty());
  EXPECT_TRUE(nb.members("neutron_pg_drop").has(uuid));
  EXPECT_FALSE(ovsdb::column(nb.row("Logical_Switch", "neutron-" + kNet), "ports").has(uuid));
  EXPECT_TRUE(ovsdb::column(nb.row("Logical_Switch", "neutron-other"), "ports").has(uuid));
  EXPECT_EQ(ovsdb::text_of(nb.row("Logical_Switch_Port", kPort), "dhcpv4_options"), "");
}

TEST(OvnPlan, DhcpThatComesLaterServesPortsThatAreThere) {
  Northbound nb;
  Network network = a_network();
  network.subnets.front().enable_dhcp = false;
  nb.put(network);
  nb.put(a_port());
  EXPECT_EQ(ovsdb::text_of(nb.row("Logical_Switch_Port", kPort), "dhcpv4_options"), "");
  nb.put(a_network());
  const std::string dhcp = nb.replica_.find_one("DHCP_Options", "network/" + kNet);
  EXPECT_EQ(ovsdb::text_of(nb.row("Logical_Switch_Port", kPort), "dhcpv4_options"), dhcp);
  nb.put(network);
  EXPECT_EQ(ovsdb::text_of(nb.row("Logical_Switch_Port", kPort), "dhcpv4_options"), "");
}

TEST(OvnPlan, RulesComeAndGo) {
  Northbound nb;
  nb.put(a_group());
  SecurityGroup group = a_group();
  group.rules = {{.id = "r2", .protocol = "icmp"}, {.id = "r3", .ethertype = 6}};
  nb.put(group);
  EXPECT_EQ(ovsdb::column(nb.row("Port_Group", port_group_name(kGroup)), "acls").keys.size(), 2u);
  group.rules.clear();
  nb.put(group);
  EXPECT_TRUE(ovsdb::column(nb.row("Port_Group", port_group_name(kGroup)), "acls").empty());
}

TEST(OvnPlan, RouterWithGatewayNatAndRoutes) {
  Northbound nb;
  nb.put(a_router());
  const Row& row = nb.row("Logical_Router", "neutron-" + kRouter);
  EXPECT_EQ(ovsdb::column(row, "ports").keys.size(), 2u);
  std::vector<std::string> nat, routes;
  for (const auto& uuid : ovsdb::column(row, "nat").keys) {
    const Row& one = *nb.replica_.find("NAT", uuid);
    nat.push_back(std::string(ovsdb::text_of(one, "type")) + " " +
                  std::string(ovsdb::text_of(one, "external_ip")) + " " +
                  std::string(ovsdb::text_of(one, "logical_ip")));
  }
  for (const auto& uuid : ovsdb::column(row, "static_routes").keys) {
    routes.push_back(route_key(*nb.replica_.find("Logical_Router_Static_Route", uuid)));
  }
  EXPECT_THAT(nat, testing::UnorderedElementsAre("snat 172.24.4.5 10.0.0.0/24",
                                                 "dnat_and_snat 172.24.4.60 10.0.0.10"));
  EXPECT_THAT(routes,
              testing::UnorderedElementsAre("0.0.0.0/0 172.24.4.1", "10.9.0.0/16 10.0.0.7"));
  const Row& gateway = nb.row("Logical_Router_Port", "lrp-gw");
  EXPECT_EQ(ovsdb::column(gateway, "gateway_chassis").keys.size(), 2u);
  EXPECT_EQ(ovsdb::text_of(nb.row("Gateway_Chassis", "lrp-gw_h1"), "priority"), "2");

  Router router = a_router();
  router.gateway.reset();
  router.gateway_nexthops.clear();
  router.floating_ips.clear();
  nb.put(router);
  EXPECT_TRUE(ovsdb::column(nb.row("Logical_Router", "neutron-" + kRouter), "nat").empty());
}

TEST(OvnPlan, AdvertisesIpv6) {
  RouterInterface interface { "if6", kNet, "fa:16:3e:00:00:06", {"fd00::1/64"}, "", 1400 };
  interface.ra_mode = "dhcpv6-stateful";
  const Row row = router_port_row(a_router(), interface, false);
  EXPECT_EQ(ovsdb::text_of(row, "ipv6_ra_configs", "address_mode"), "dhcpv6_stateful");
  EXPECT_EQ(ovsdb::text_of(row, "ipv6_ra_configs", "mtu"), "1400");
}

TEST(OvnPlan, RemovesWhatIsThereAndNothingElse) {
  Northbound nb;
  nb.put(a_network());
  nb.put(a_router());
  nb.put(a_group());
  for (const Object& object : {Object{Kind::network, kNet}, Object{Kind::router, kRouter},
                               Object{Kind::security_group, kGroup}}) {
    nb.become([&] { return plan_removal(nb.replica_, object); });
  }
  EXPECT_EQ(nb.replica_.size("Logical_Switch"), 0u);
  EXPECT_EQ(nb.replica_.size("DHCP_Options"), 0u);
  EXPECT_EQ(nb.replica_.size("Logical_Router"), 0u);
  EXPECT_EQ(nb.replica_.size("Port_Group"), 0u);
}

TEST(OvnPlan, PortsWithoutARowOfTheirOwn) {
  Northbound nb;
  nb.put(a_network());
  Port port = a_port();
  port.device_owner = "network:floatingip";
  EXPECT_TRUE(plan_port(nb.replica_, port).empty());
  port.id = "meta";
  port.device_owner = "network:distributed";
  EXPECT_TRUE(plan_port(nb.replica_, port).empty());
  EXPECT_EQ(ovsdb::text_of(nb.row("Logical_Switch_Port", "meta"), "type"), "localport");
}

TEST(OvnSeal, BreaksWithAnyManagedColumnOnly) {
  Northbound nb;
  nb.put(a_network());
  nb.put(a_port());
  const std::string uuid = nb.replica_.find_one("Logical_Switch_Port", kPort);
  const auto sealed = [&] {
    return is_sealed("Logical_Switch_Port", nb.replica_.schema_of("Logical_Switch_Port"),
                     *nb.replica_.find("Logical_Switch_Port", uuid));
  };
  const auto update = [&](const std::string& row) {
    nb.run(R"([{"op":"update","table":"Logical_Switch_Port","where":[["_uuid","==",["uuid",")" +
           uuid + R"("]]],"row":)" + row + "}]");
  };
  EXPECT_TRUE(sealed());
  update(R"({"up":true})");
  EXPECT_TRUE(sealed());
  update(R"({"type":"virtual"})");
  EXPECT_FALSE(sealed());
  nb.put(a_port());
  EXPECT_TRUE(sealed());
  update(R"({"addresses":["set",["unknown"]]})");
  EXPECT_FALSE(sealed());
  nb.put(a_port());
  EXPECT_TRUE(sealed());
}

TEST(OvnTables, MarksReadBack) {
  EXPECT_EQ(object_of("router/x"), (Object{Kind::router, "x"}));
  EXPECT_FALSE(object_of("shared"));
  EXPECT_FALSE(object_of("toaster/x"));
}

}  // namespace
}  // namespace haneul::net::ovn
