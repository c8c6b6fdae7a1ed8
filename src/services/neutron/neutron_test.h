#pragma once
// For tests only: Neutron on a cloud without sockets, over networks of nothing but names.
#include <string>

#include <gtest/gtest.h>

#include "drivers/net/fake.h"
#include "services/neutron/neutron.h"
#include "test_kit/test_kit.h"

namespace haneul::neutron {

extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;

class NeutronTest : public testing::Test {
 protected:
  using Answer = resource::Answer;

  explicit NeutronTest(flow::EngineOptions flows = {.threads = 0})
      : cloud_(std::move(flows)), driver_({.synchronous_events = true}) {
    cloud_.migrate({"neutron", {kMigrations, kMigrationsCount}});
    neutron_ = std::make_unique<Neutron>(cloud_.world(), driver_, options());
    cloud_.open({&neutron_->service()});
    neutron_->start();
  }
  static Options options() { return {.physical_networks = {"physnet1", "physnet2"}}; }

  Answer ask(std::string_view method, const std::string& path, std::string body = {},
             std::string_view token = "member") {
    return cloud_.request(method, "/networking/v2.0" + path, token, std::move(body));
  }
  // Creates one and gives its id; fails the test if it was refused.
  std::string make(const std::string& plural, const std::string& singular, const std::string& inner,
                   std::string_view token = "member") {
    const Answer a = ask("POST", "/" + plural, "{\"" + singular + "\":{" + inner + "}}", token);
    EXPECT_EQ(a.status, 201) << a.body;
    return a.text({singular, "id"});
  }
  std::string make_network(const std::string& inner = R"("name":"n")",
                           std::string_view token = "member") {
    return make("networks", "network", inner, token);
  }
  std::string make_subnet(const std::string& network, const std::string& inner,
                          std::string_view token = "member") {
    return make("subnets", "subnet", R"("network_id":")" + network + R"(",)" + inner, token);
  }
  std::string make_subnet(const std::string& network) {
    return make_subnet(network, R"("ip_version":4,"cidr":"10.0.0.0/24")");
  }
  std::string make_port(const std::string& network, const std::string& more = "",
                        std::string_view token = "member") {
    return make("ports", "port", R"("network_id":")" + network + "\"" + more, token);
  }
  // An external network with a subnet.
  std::string make_public() {
    const auto id =
        make_network(R"("name":"public","router:external":true,"provider:network_type":"flat",)"
                     R"("provider:physical_network":"physnet1")",
                     "admin");
    make_subnet(id, R"("ip_version":4,"cidr":"172.24.4.0/24","enable_dhcp":false)", "admin");
    return id;
  }
  // The address of a port's first fixed IP.
  static std::string address_of(const Answer& a) {
    const json::Value* ips = a.json.at({"port", "fixed_ips"});
    if (!ips || !ips->array() || ips->array()->empty()) return "";
    return *ips->array()->front().at({"ip_address"})->text();
  }
  static std::size_t count(const Answer& a, std::string_view plural) {
    const json::Value* list = a.json.at({plural});
    return list && list->array() ? list->array()->size() : std::string::npos;
  }
  static void expect_error(const Answer& a, int status, std::string_view type,
                           std::string_view message) {
    EXPECT_EQ(a.status, status) << a.body;
    EXPECT_EQ(a.text({"NeutronError", "type"}), type);
    EXPECT_EQ(a.text({"NeutronError", "message"}), message);
  }
  void sync() { cloud_.flows().run_until_idle(); }

  resource::TestCloud cloud_;
  net::FakeDriver driver_;
  std::unique_ptr<Neutron> neutron_;
};

}  // namespace haneul::neutron
