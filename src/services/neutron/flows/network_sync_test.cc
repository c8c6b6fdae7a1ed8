#include "services/neutron/flows/network_sync.h"

#include <algorithm>
#include <optional>

#include "services/neutron/neutron_test.h"

namespace haneul::neutron {
namespace {

class NetworkSyncTest : public NeutronTest {
 protected:
  NetworkSyncTest()
      : NeutronTest({.threads = 0, .probe = [](std::string_view, bool after) {
                       if (after && crash_after) {
                         crash_after = false;
                         throw flow::Crash{};
                       }
                     }}) {}
  static inline bool crash_after = false;

  void tick(Duration d) {
    cloud_.clock().advance(d);
    sync();
  }
  std::size_t dirty() {
    return static_cast<std::size_t>(cloud_.db().read(
        [](db::Session& s) { return *s.integer("SELECT COUNT(*) FROM net_dirty"); }));
  }
};

TEST_F(NetworkSyncTest, TellsWhatWasMadeInOrder) {
  const auto network = make_network(R"("name":"blue")");
  make_subnet(network, R"("ip_version":4,"cidr":"10.0.0.0/24","dns_nameservers":["8.8.8.8"])");
  const auto port = make_port(network, R"(,"name":"p","dns_name":"web")");
  sync();
  const auto n = driver_.network(network);
  ASSERT_TRUE(n);
  EXPECT_EQ(n->name, "blue");
  ASSERT_EQ(n->subnets.size(), 1u);
  EXPECT_EQ(n->subnets[0].metadata_ip, "10.0.0.2");
  EXPECT_EQ(n->subnets[0].dns_nameservers, std::vector<std::string>{"8.8.8.8"});
  EXPECT_FALSE(n->metadata_port_id.empty());
  const auto p = driver_.port(port);
  ASSERT_TRUE(p);
  EXPECT_EQ(p->fixed_ips[0].ip_address, "10.0.0.3");
  EXPECT_EQ(p->dns_name, "web");
  ASSERT_EQ(p->security_groups.size(), 1u);
  EXPECT_EQ(driver_.security_group(p->security_groups[0])->rules.size(), 4u);
  EXPECT_EQ(dirty(), 0u);
}

TEST_F(NetworkSyncTest, RoutersHaveTheirLegsAndFloatingIps) {
  const auto outside = make_public();
  const auto network = make_network();
  const auto subnet = make_subnet(network);
  const auto router =
      make("routers", "router", R"("external_gateway_info":{"network_id":")" + outside + R"("})");
  ASSERT_EQ(ask("PUT", "/routers/" + router + "/add_router_interface",
                R"({"subnet_id":")" + subnet + R"("})")
                .status,
            200);
  const auto port = make_port(network);
  const auto floating =
      make("floatingips", "floatingip",
           R"("floating_network_id":")" + outside + R"(","port_id":")" + port + "\"");
  sync();
  auto r = driver_.router(router);
  ASSERT_TRUE(r);
  ASSERT_EQ(r->interfaces.size(), 1u);
  EXPECT_EQ(r->interfaces[0].addresses, std::vector<std::string>{"10.0.0.1/24"});
  ASSERT_TRUE(r->gateway);
  EXPECT_EQ(r->gateway_nexthops, std::vector<std::string>{"172.24.4.1"});
  EXPECT_EQ(r->snat_cidrs, std::vector<std::string>{"10.0.0.0/24"});
  ASSERT_EQ(r->floating_ips.size(), 1u);
  EXPECT_EQ(r->floating_ips[0].fixed_ip, "10.0.0.3");
  EXPECT_EQ(ask("DELETE", "/floatingips/" + floating).status, 204);
  sync();
  EXPECT_TRUE(driver_.router(router)->floating_ips.empty());
  EXPECT_EQ(ask("GET", "/ports/" + r->interfaces[0].port_id).text({"port", "status"}), "ACTIVE");
}

TEST_F(NetworkSyncTest, WhatIsGoneIsRemoved) {
  const auto network = make_network();
  make_subnet(network);
  sync();
  EXPECT_EQ(ask("DELETE", "/networks/" + network).status, 204);
  sync();
  EXPECT_FALSE(driver_.network(network));
  EXPECT_TRUE(neutron_->doctor().empty());
}

TEST_F(NetworkSyncTest, ARefusalIsTriedAgainEverMoreSlowly) {
  driver_.fail_next(net::FakeOp::put, "the database is away", 3);
  const auto network = make_network();
  sync();
  EXPECT_FALSE(driver_.network(network));
  ASSERT_EQ(neutron_->doctor().size(), 2u);
  EXPECT_NE(neutron_->doctor()[1].find("the database is away"), std::string::npos);
  tick(std::chrono::milliseconds(500));
  EXPECT_FALSE(driver_.network(network));
  tick(std::chrono::seconds(1));  // the second refusal
  tick(std::chrono::seconds(2));  // the third
  EXPECT_FALSE(driver_.network(network));
  tick(std::chrono::seconds(5));
  EXPECT_TRUE(driver_.network(network));
  EXPECT_EQ(dirty(), 0u);
}

TEST_F(NetworkSyncTest, ACrashBetweenTellingAndNotingIsHarmless) {
  const auto network = make_network();
  crash_after = true;
  sync();
  EXPECT_TRUE(driver_.network(network));
  make_subnet(network);
  // The next process, over the same rows.
  flow::Engine engine(cloud_.db(), cloud_.clock(), {.threads = 0});
  const resource::World world{cloud_.db(), cloud_.clock(), engine, cloud_.world().quota,
                              cloud_.world().journal};
  Neutron second(world, driver_, options());
  second.start();
  engine.run();
  engine.run_until_idle();
  EXPECT_EQ(driver_.network(network)->subnets.size(), 1u);
  EXPECT_EQ(dirty(), 0u);
}

TEST_F(NetworkSyncTest, AChangeWhileItIsToldStaysDirty) {
  const auto network = make_network(R"("name":"old")");
  bool done = false;
  driver_.before_each([&](net::FakeOp op, const net::Object&) {
    if (op != net::FakeOp::put || done) return;
    done = true;
    EXPECT_EQ(ask("PUT", "/networks/" + network, R"({"network":{"name":"new"}})").status, 200);
  });
  sync();
  tick(std::chrono::seconds(31));
  EXPECT_EQ(driver_.network(network)->name, "new");
}

TEST_F(NetworkSyncTest, DifferencesAreFoundAndMended) {
  const auto network = make_network();
  sync();
  driver_.put(net::Network{.id = "stray"});
  // The driver tells of this one by itself: it waits to be told again, which is no difference.
  driver_.lose({net::Kind::network, network});
  const auto lines = neutron_->doctor();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines.front(), "network stray is in the network but has no row");
  neutron_->resync();
  sync();
  EXPECT_TRUE(driver_.network(network));
  EXPECT_FALSE(driver_.has({net::Kind::network, "stray"}));
  driver_.disturb({net::Kind::network, network});
  EXPECT_EQ(dirty(), 1u);
}

}  // namespace
}  // namespace haneul::neutron
