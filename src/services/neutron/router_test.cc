#include "services/neutron/neutron_test.h"

namespace haneul::neutron {
namespace {

class RouterTest : public NeutronTest {
 protected:
  void SetUp() override {
    outside_ = make_public();
    network_ = make_network();
    subnet_ = make_subnet(network_);
    router_ = make("routers", "router", R"("name":"r")");
  }
  Answer put(const std::string& inner, std::string_view token = "member") {
    return ask("PUT", "/routers/" + router_, R"({"router":{)" + inner + "}}", token);
  }
  Answer act(const std::string& action, const std::string& body,
             std::string_view token = "member") {
    return ask("PUT", "/routers/" + router_ + "/" + action, body, token);
  }
  std::string of(const std::string& key, const std::string& id) {
    return "{\"" + key + "\":\"" + id + "\"}";
  }
  void connect() {
    ASSERT_EQ(put(R"("external_gateway_info":)" + of("network_id", outside_)).status, 200);
    ASSERT_EQ(act("add_router_interface", of("subnet_id", subnet_)).status, 200);
  }
  std::string outside_, network_, subnet_, router_;
};

TEST_F(RouterTest, GatewaySetAndCleared) {
  const Answer set = put(R"("external_gateway_info":)" + of("network_id", outside_));
  ASSERT_EQ(set.status, 200) << set.body;
  EXPECT_EQ(set.text({"router", "external_gateway_info", "network_id"}), outside_);
  EXPECT_TRUE(*set.json.at({"router", "external_gateway_info", "enable_snat"})->boolean());
  const Answer ports = ask("GET", "/ports?device_owner=network:router_gateway", "", "admin");
  EXPECT_EQ(count(ports, "ports"), 1u);
  EXPECT_EQ(count(ask("GET", "/ports?device_owner=network:router_gateway"), "ports"), 0u);
  const Answer cleared = put(R"("external_gateway_info":{})");
  EXPECT_TRUE(cleared.json.at({"router", "external_gateway_info"})->is_null());
  EXPECT_EQ(count(ask("GET", "/ports?device_owner=network:router_gateway", "", "admin"), "ports"),
            0u);
  expect_error(put(R"("external_gateway_info":)" + of("network_id", network_)), 400, "BadRequest",
               "Bad router request: Network " + network_ + " is not an external network.");
  EXPECT_EQ(put(R"("external_gateway_info":{"enable_snat":true})").status, 400);
  EXPECT_EQ(put(R"("external_gateway_info":{"network_id":"x"})").status, 400);
  EXPECT_EQ(
      put(R"("external_gateway_info":{"network_id":")" + outside_ + R"(","enable_snat":false})")
          .status,
      403);
  EXPECT_EQ(
      put(R"("external_gateway_info":{"network_id":")" + outside_ + R"(","enable_snat":false})",
          "admin")
          .status,
      200);
}

TEST_F(RouterTest, InterfacesComeAndGo) {
  const Answer added = act("add_router_interface", of("subnet_id", subnet_));
  ASSERT_EQ(added.status, 200) << added.body;
  EXPECT_EQ(added.text({"id"}), router_);
  EXPECT_EQ(added.text({"subnet_id"}), subnet_);
  const std::string port = added.text({"port_id"});
  EXPECT_EQ(address_of(ask("GET", "/ports/" + port)), "10.0.0.1");
  expect_error(act("add_router_interface", of("subnet_id", subnet_)), 400, "BadRequest",
               "Bad router request: Router already has a port on subnet " + subnet_ + ".");
  expect_error(ask("DELETE", "/ports/" + port), 409, "ServicePortInUse",
               "Port " + port +
                   " cannot be deleted directly via the port API: has device owner "
                   "network:router_interface.");
  expect_error(ask("DELETE", "/routers/" + router_), 409, "RouterInUse",
               "Router " + router_ + " still has ports");
  const auto twin = make_subnet(make_network());
  EXPECT_EQ(act("add_router_interface", of("subnet_id", twin)).status, 400);  // the same cidr
  EXPECT_EQ(act("remove_router_interface", of("subnet_id", subnet_)).status, 200);
  expect_error(act("remove_router_interface", of("subnet_id", subnet_)), 404,
               "RouterInterfaceNotFoundForSubnet",
               "Router " + router_ + " has no interface on subnet " + subnet_);
  EXPECT_EQ(ask("DELETE", "/routers/" + router_).status, 204);
}

TEST_F(RouterTest, AGivenPortBecomesAnInterface) {
  const auto port = make_port(network_);
  const Answer added = act("add_router_interface", of("port_id", port));
  ASSERT_EQ(added.status, 200) << added.body;
  EXPECT_EQ(added.text({"port_id"}), port);
  EXPECT_EQ(ask("GET", "/ports/" + port).text({"port", "device_owner"}),
            "network:router_interface");
  const auto bare = make_port(make_network());
  EXPECT_EQ(act("add_router_interface", of("port_id", bare)).status, 400);
  EXPECT_EQ(act("remove_router_interface", of("port_id", bare)).status, 404);
  EXPECT_EQ(act("remove_router_interface", of("port_id", port)).status, 200);
  EXPECT_EQ(ask("GET", "/ports/" + port).status, 404);
}

TEST_F(RouterTest, BadActionsAreRefused) {
  for (const char* body : {"{}", "[]", "5", R"({"subnet_id":"x"})", R"({"subnet_id":5})"}) {
    EXPECT_EQ(act("add_router_interface", body).status, 400) << body;
    EXPECT_EQ(act("remove_router_interface", body).status, 400) << body;
  }
  EXPECT_EQ(
      act("add_router_interface", of("subnet_id", "6b8c5d4e-0000-4000-8000-000000000000")).status,
      404);
  EXPECT_EQ(act("add_router_interface", of("subnet_id", subnet_), "other").status, 404);
  EXPECT_EQ(act("add_router_interface", of("subnet_id", subnet_), "reader").status, 403);
  EXPECT_EQ(act("fly", "{}").status, 404);
}

TEST_F(RouterTest, RoutesMustBeReachable) {
  connect();
  EXPECT_EQ(put(R"("routes":[{"destination":"10.9.0.0/16","nexthop":"10.0.0.9"}])").status, 200);
  EXPECT_EQ(put(R"("routes":[{"destination":"10.9.0.0/16","nexthop":"192.0.2.1"}])")
                .text({"NeutronError", "type"}),
            "InvalidRoutes");
  EXPECT_EQ(put(R"("routes":[{"destination":"10.9.0.0/16"}])").status, 400);
  EXPECT_EQ(act("remove_router_interface", of("subnet_id", subnet_)).text({"NeutronError", "type"}),
            "RouterInterfaceInUseByRoute");
  const Answer more =
      act("add_extraroutes",
          R"({"router":{"routes":[{"destination":"10.8.0.0/16","nexthop":"10.0.0.8"}]}})");
  EXPECT_EQ(more.json.at({"router", "routes"})->array()->size(), 2u) << more.body;
  const Answer less =
      act("remove_extraroutes",
          R"({"router":{"routes":[{"destination":"10.9.0.0/16","nexthop":"10.0.0.9"}]}})");
  EXPECT_EQ(less.json.at({"router", "routes"})->array()->size(), 1u) << less.body;
  EXPECT_EQ(act("add_extraroutes", "{}").status, 400);
}

class FloatingIpTest : public RouterTest {
 protected:
  Answer post(const std::string& more = "", std::string_view token = "member") {
    return ask("POST", "/floatingips",
               R"({"floatingip":{"floating_network_id":")" + outside_ + "\"" + more + "}}", token);
  }
};

TEST_F(FloatingIpTest, StandsForAPort) {
  connect();
  const auto port = make_port(network_, R"(,"name":"p")");
  const Answer a = post(R"(,"port_id":")" + port + "\"");
  ASSERT_EQ(a.status, 201) << a.body;
  const std::string id = a.text({"floatingip", "id"});
  EXPECT_EQ(a.text({"floatingip", "status"}), "ACTIVE");
  EXPECT_EQ(a.text({"floatingip", "router_id"}), router_);
  EXPECT_EQ(a.text({"floatingip", "fixed_ip_address"}), "10.0.0.3");
  EXPECT_TRUE(a.text({"floatingip", "floating_ip_address"}).starts_with("172.24.4."));
  EXPECT_EQ(a.text({"floatingip", "port_details", "name"}), "p");
  EXPECT_EQ(post(R"(,"port_id":")" + port + "\"").text({"NeutronError", "type"}),
            "FloatingIPPortAlreadyAssociated");
  EXPECT_EQ(act("remove_router_interface", of("subnet_id", subnet_)).text({"NeutronError", "type"}),
            "RouterInterfaceInUseByFloatingIP");
  EXPECT_EQ(put(R"("external_gateway_info":{})").text({"NeutronError", "type"}),
            "RouterExternalGatewayInUseByFloatingIp");
  EXPECT_EQ(ask("DELETE", "/ports/" + port).status, 204);
  const Answer alone = ask("GET", "/floatingips/" + id);
  EXPECT_TRUE(alone.json.at({"floatingip", "port_id"})->is_null());
  EXPECT_EQ(alone.text({"floatingip", "status"}), "DOWN");
  EXPECT_EQ(ask("DELETE", "/floatingips/" + id).status, 204);
  EXPECT_EQ(count(ask("GET", "/ports?device_owner=network:floatingip", "", "admin"), "ports"), 0u);
}

TEST_F(FloatingIpTest, MovesFromPortToPort) {
  connect();
  const auto a = make_port(network_), b = make_port(network_);
  const std::string id = post().text({"floatingip", "id"});
  const auto give = [&](const std::string& port) {
    return ask("PUT", "/floatingips/" + id, R"({"floatingip":{"port_id":)" + port + "}}");
  };
  EXPECT_EQ(give("\"" + a + "\"").text({"floatingip", "fixed_ip_address"}), "10.0.0.3");
  EXPECT_EQ(give("\"" + b + "\"").text({"floatingip", "fixed_ip_address"}), "10.0.0.4");
  EXPECT_TRUE(give("null").json.at({"floatingip", "router_id"})->is_null());
  EXPECT_EQ(give("5").status, 400);
  EXPECT_EQ(give(R"("6b8c5d4e-0000-4000-8000-000000000000")").status, 404);
}

TEST_F(FloatingIpTest, NeedsAnExternalNetworkAndAWay) {
  expect_error(ask("POST", "/floatingips",
                   R"({"floatingip":{"floating_network_id":")" + network_ + R"("}})"),
               400, "BadRequest",
               "Bad floatingip request: Network " + network_ + " is not a valid external network.");
  const auto port = make_port(network_);
  expect_error(post(R"(,"port_id":")" + port + "\""), 404, "ExternalGatewayForFloatingIPNotFound",
               "External network " + outside_ + " is not reachable from subnet " + subnet_ +
                   ".  Therefore, cannot associate Port " + port + " with a Floating IP.");
  EXPECT_EQ(post(R"(,"fixed_ip_address":"10.0.0.3")").status, 400);
  EXPECT_EQ(post(R"(,"port_id":"x")").status, 400);
  EXPECT_EQ(ask("POST", "/floatingips", R"({"floatingip":{}})").status, 400);
  EXPECT_EQ(post(R"(,"floating_ip_address":"172.24.4.99")").status, 403);
  EXPECT_EQ(post(R"(,"floating_ip_address":"172.24.4.99")", "admin")
                .text({"floatingip", "floating_ip_address"}),
            "172.24.4.99");
  EXPECT_EQ(count(ask("GET", "/ports?device_owner=network:floatingip", "", "admin"), "ports"), 1u);
}

}  // namespace
}  // namespace haneul::neutron
