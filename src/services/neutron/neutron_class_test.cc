#include "services/neutron/neutron_test.h"

namespace haneul::neutron {
namespace {

// What other services ask of Neutron, in their own transactions.
class NeutronClassTest : public NeutronTest {
 protected:
  void SetUp() override {
    network_ = make_network(R"("name":"n")");
    subnet_ = make_subnet(network_);
    caller_ = resource::FakeAuthenticator::caller("demo", "demo-project", {"member", "reader"});
  }
  NewPort wish(const std::string& device) {
    NewPort w;
    w.network_id = network_;
    w.device_id = device;
    w.device_owner = "compute:nova";
    w.host = "h1";
    w.dns_name = "web";
    return w;
  }
  PortFacts create(const NewPort& w) {
    return cloud_.db().write(
        [&](db::Transaction& tx) { return neutron_->create_port(tx, caller_, w); });
  }
  std::vector<PortFacts> ports_of(std::vector<std::string> devices) {
    return cloud_.db().read([&](db::Session& s) { return neutron_->ports_of(s, devices); });
  }
  void release(const std::string& device) {
    cloud_.db().write([&](db::Transaction& tx) { neutron_->release_ports_of(tx, device); });
  }
  std::string network_, subnet_;
  access::Caller caller_;
};

TEST_F(NeutronClassTest, PortsOfAServerComeUpAndGoWithIt) {
  std::vector<std::string> heard;
  neutron_->on_port_status([&](const PortFacts& p, bool up) {
    if (p.device_id == "server-1") heard.push_back(p.device_id + (up ? " up" : " down"));
  });
  const PortFacts port = create(wish("server-1"));
  EXPECT_EQ(port.network_name, "n");
  EXPECT_EQ(port.mtu, 1442);
  ASSERT_EQ(port.addresses.size(), 1u);
  EXPECT_EQ(port.addresses[0].ip_address, "10.0.0.3");
  EXPECT_EQ(port.status, "DOWN");
  sync();
  const auto wired =
      cloud_.db().read([&](db::Session& s) { return *neutron_->wiring(s, port.id); });
  driver_.plug(wired, port.mtu);
  EXPECT_EQ(heard, std::vector<std::string>{"server-1 up"});
  EXPECT_TRUE(cloud_.db().read([&](db::Session& s) { return neutron_->is_up(s, port.id); }));
  EXPECT_EQ(ports_of({"server-1", "nobody"}).size(), 1u);
  release("server-1");
  EXPECT_TRUE(ports_of({"server-1"}).empty());
  sync();
  EXPECT_FALSE(driver_.has({net::Kind::port, port.id}));
}

TEST_F(NeutronClassTest, GivenPortsAreGivenBack) {
  const auto id = make_port(network_);
  auto w = wish("server-1");
  cloud_.db().write([&](db::Transaction& tx) { neutron_->use_port(tx, caller_, id, w); });
  const auto use_again = [&] {
    cloud_.db().write(
        [&](db::Transaction& tx) { neutron_->use_port(tx, caller_, id, wish("server-2")); });
  };
  EXPECT_THROW(use_again(), Fault);
  EXPECT_EQ(ports_of({"server-1"})[0].host, "h1");
  cloud_.db().write([&](db::Transaction& tx) { neutron_->bind_ports(tx, "server-1", "h2"); });
  EXPECT_EQ(ports_of({"server-1"})[0].host, "h2");
  release("server-1");
  const Answer a = ask("GET", "/ports/" + id, "", "admin");
  EXPECT_EQ(a.text({"port", "device_id"}), "");
  EXPECT_EQ(a.text({"port", "binding:vif_type"}), "unbound");
}

TEST_F(NeutronClassTest, WhatCannotBeLeavesNothingBehind) {
  auto w = wish("server-1");
  w.fixed_ip = "10.0.0.1";
  create(w);
  EXPECT_THROW(create(w), Fault);
  w = wish("server-2");
  w.network_id = "nowhere";
  EXPECT_THROW(create(w), Fault);
  ask("PUT", "/quotas/demo-project", R"({"quota":{"port":2}})", "admin");
  try {
    create(wish("server-3"));
    FAIL();
  } catch (const Fault& e) {
    EXPECT_EQ(e.kind(), Fault::Kind::over_quota);
  }
  EXPECT_TRUE(ports_of({"server-2", "server-3"}).empty());
}

TEST_F(NeutronClassTest, LooksUpByAddressAndByName) {
  const PortFacts port = create(wish("server-1"));
  cloud_.db().read([&](db::Session& s) {
    EXPECT_EQ(neutron_->port_by_address(s, network_, "10.0.0.3")->device_id, "server-1");
    EXPECT_FALSE(neutron_->port_by_address(s, network_, "10.0.0.99"));
    EXPECT_EQ(neutron_->available_networks(s, caller_).size(), 1u);
    EXPECT_EQ(neutron_->security_groups(s, caller_, "default").size(), 1u);
    EXPECT_EQ(neutron_->security_groups(s, caller_, "nobody").size(), 0u);
    EXPECT_EQ(neutron_->networks_on(s, "h1"), std::vector<std::string>{network_});
    const std::string ids[] = {subnet_};
    EXPECT_EQ(neutron_->subnets(s, ids)[0].gateway_ip, "10.0.0.1");
    const auto stranger = resource::FakeAuthenticator::caller("x", "other-project", {"member"});
    EXPECT_FALSE(neutron_->network(s, stranger, network_));
    EXPECT_FALSE(neutron_->port(s, stranger, port.id));
  });
}

TEST_F(NeutronClassTest, GroupsAreAddedAndRemoved) {
  const auto group = make("security-groups", "security_group", R"("name":"web")");
  create(wish("server-1"));
  cloud_.db().write(
      [&](db::Transaction& tx) { neutron_->add_security_group(tx, "server-1", group); });
  EXPECT_EQ(ports_of({"server-1"})[0].security_groups.size(), 2u);
  cloud_.db().write(
      [&](db::Transaction& tx) { neutron_->remove_security_group(tx, "server-1", group); });
  EXPECT_EQ(ports_of({"server-1"})[0].security_groups.size(), 1u);
}

TEST_F(NeutronClassTest, AFreshCloudHasNetworks) {
  FirstNetworks firsts;
  firsts.admin_project_id = "admin-project";
  firsts.project_id = "demo-project";
  ask("DELETE", "/networks/" + network_);
  neutron_->bootstrap(firsts);
  neutron_->bootstrap(firsts);
  EXPECT_EQ(count(ask("GET", "/networks"), "networks"), 2u);
  EXPECT_EQ(count(ask("GET", "/routers"), "routers"), 1u);
  EXPECT_EQ(count(ask("GET", "/networks?router:external=1&name=public"), "networks"), 1u);
  const Answer subnet = ask("GET", "/subnets?name=private-subnet");
  EXPECT_NE(subnet.body.find(R"("cidr":"10.0.0.0/26")"), std::string::npos);
  sync();
  EXPECT_TRUE(neutron_->doctor().empty());
}

TEST_F(NeutronClassTest, HostsThatReportAreAgents) {
  const auto report = [&] {
    cloud_.db().write([&](db::Transaction& tx) { neutron_->report_host(tx, {.host = "h1"}); });
  };
  report();
  report();
  const Answer agents = ask("GET", "/agents", "", "admin");
  ASSERT_EQ(count(agents, "agents"), 2u) << agents.body;
  EXPECT_NE(agents.body.find("OVN Controller Gateway agent"), std::string::npos);
  EXPECT_EQ(count(ask("GET", "/agents?binary=ovn-controller&alive=true", "", "admin"), "agents"),
            1u);
  EXPECT_EQ(count(ask("GET", "/agents"), "agents"), 0u);
  EXPECT_EQ(count(ask("GET", "/availability_zones"), "availability_zones"), 2u);
  const std::string id = *agents.json.at({"agents"})->array()->front().at({"id"})->text();
  EXPECT_EQ(ask("DELETE", "/agents/" + id, "", "admin").status, 409);
  cloud_.clock().advance(std::chrono::minutes(5));
  EXPECT_EQ(count(ask("GET", "/agents?alive=false", "", "admin"), "agents"), 2u);
  EXPECT_EQ(ask("DELETE", "/agents/" + id, "", "admin").status, 204);
  EXPECT_EQ(ask("GET", "/agents/" + id, "", "admin").status, 404);
}

}  // namespace
}  // namespace haneul::neutron
