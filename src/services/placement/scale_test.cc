#include <chrono>

#include "base/id.h"
#include "services/placement/fixture.h"

namespace haneul::placement {
namespace {

std::int64_t micros_of(const std::function<void()>& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begun).count();
}

// What scheduling costs must not grow with what is running: a sum over allocations would cost a
// hundred times of what an empty cloud does.
TEST_F(PlacementTest, ThousandHostsAndManyConsumersStayFlat) {
  constexpr int kHosts = 1000, kConsumersPerHost = 20;
  std::vector<std::string> hosts;
  cloud.db().write([&](db::Transaction& tx) {
    for (int i = 0; i < kHosts; ++i) {
      hosts.push_back(
          placement.put_provider(tx, "", fmt::format("host-{}", i),
                                 {{.resource_class = "VCPU", .total = 64, .allocation_ratio = 16.0},
                                  {.resource_class = "MEMORY_MB", .total = 262'144},
                                  {.resource_class = "DISK_GB", .total = 4000}},
                                 {"COMPUTE_NODE", "HW_CPU_X86_AVX2"}));
    }
  });
  const Request request{.resources = {{"VCPU", 2}, {"MEMORY_MB", 2048}, {"DISK_GB", 20}},
                        .required = {"HW_CPU_X86_AVX2"}};
  const auto search = [&] {
    return cloud.db().read(
        [&](db::Session& s) { return placement.candidates(s, request).found.size(); });
  };
  ASSERT_EQ(search(), 1000u);
  const auto best = [&] {
    std::int64_t least = INT64_MAX;
    for (int i = 0; i < 5; ++i) least = std::min(least, micros_of(search));
    return least;
  };
  const auto empty = best();
  const auto claims = micros_of([&] {
    cloud.db().write([&](db::Transaction& tx) {
      for (int i = 0; i < kHosts * kConsumersPerHost; ++i) {
        ASSERT_TRUE(placement.claim(tx, {new_uuid(), fmt::format("p{}", i % 50), "u"},
                                    hosts[static_cast<std::size_t>(i % kHosts)],
                                    request.resources));
      }
    });
  });
  const auto full = best();
  RecordProperty("search_empty_us", static_cast<int>(empty));
  RecordProperty("search_full_us", static_cast<int>(full));
  RecordProperty("claim_us", static_cast<int>(claims / (kHosts * kConsumersPerHost)));
  EXPECT_LT(full, 4 * empty);
}

}  // namespace
}  // namespace haneul::placement
