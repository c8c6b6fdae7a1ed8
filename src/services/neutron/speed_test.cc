#include <ctime>

#include "services/neutron/neutron_test.h"

namespace haneul::neutron {
namespace {

// Not a measurement but a fence: what costs a table instead of a page is far outside it, even on a
// busy machine.
class SpeedTest : public NeutronTest {
 protected:
  // Processor time, so that neighbours do not count.
  static double seconds_of(const std::function<void()>& work) {
    const std::clock_t begun = std::clock();
    work();
    return static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
  }
  void make_ports(const std::string& network, int count_) {
    std::string body = R"({"ports":[)";
    for (int i = 0; i < count_; ++i) {
      body += (i ? "," : "") + (R"({"network_id":")" + network + R"("})");
    }
    ASSERT_EQ(ask("POST", "/ports", body + "]}").status, 201);
  }
};

TEST_F(SpeedTest, AThousandPortsAreListedAtOnce) {
  ask("PUT", "/quotas/demo-project", R"({"quota":{"port":-1,"network":-1}})", "admin");
  const auto network = make_network();
  make_subnet(network, R"("ip_version":4,"cidr":"10.0.0.0/8")");
  make_ports(network, 1000);
  const double list = seconds_of([&] { EXPECT_GT(count(ask("GET", "/ports"), "ports"), 1000u); });
  RecordProperty("list_1000_ports_ms", std::to_string(list * 1e3));
  EXPECT_LT(list, 0.5);
  const double make_one = seconds_of([&] {
    for (int i = 0; i < 200; ++i) make_port(network);
  });
  RecordProperty("ports_per_second", std::to_string(200 / make_one));
  const double nets = seconds_of([&] {
    for (int i = 0; i < 200; ++i) make_network();
  });
  RecordProperty("networks_per_second", std::to_string(200 / nets));
  EXPECT_LT(make_one, 2.0);
  EXPECT_LT(nets, 1.0);
}

TEST_F(SpeedTest, FiltersOfManyValuesAreLookedUpAtOnce) {
  const auto network = make_network();
  std::string query = "?id=" + network;
  for (int i = 0; i < 450; ++i)
    query += "&name=a" + std::to_string(i) + "&id=b" + std::to_string(i);
  EXPECT_LT(seconds_of([&] { EXPECT_EQ(count(ask("GET", "/networks" + query), "networks"), 0u); }),
            1.0);
}

}  // namespace
}  // namespace haneul::neutron
