#include <ctime>

#include "services/neutron/neutron_test.h"

namespace haneul::neutron {
namespace {

// Not a measurement but a fence: what grows with the square of what is asked is far outside it.
class SpeedTest : public NeutronTest {
 protected:
  // Processor time, so that neighbours do not count.
  static double seconds_of(const std::function<void()>& work) {
    const std::clock_t begun = std::clock();
    work();
    return static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
  }
};

TEST_F(SpeedTest, FiltersOfManyValuesAreLookedUpAtOnce) {
  const auto network = make_network();
  const auto cost = [&](int values) {
    std::string query = "?id=" + network;
    for (int i = 0; i < values; ++i)
      query += "&name=a" + std::to_string(i) + "&id=b" + std::to_string(i);
    return seconds_of([&] { EXPECT_EQ(count(ask("GET", "/networks" + query), "networks"), 0u); });
  };
  cost(45);
  EXPECT_LT(cost(450), 100 * cost(45));
}

}  // namespace
}  // namespace haneul::neutron
