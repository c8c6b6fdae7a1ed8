#include "services/nova/logic/scheduler.h"

#include <gtest/gtest.h>

namespace haneul::nova {
namespace {

HostOption host(std::string name, std::int64_t ram) {
  return {.id = name,
          .host = name,
          .availability_zone = "nova",
          .free_vcpus = 4,
          .free_ram_mib = ram,
          .free_disk_gib = 10};
}

Choice choose(std::vector<HostOption> hosts, const Wish& wish = {}) {
  return choose_hosts(std::move(hosts), wish, [](std::size_t) { return 0; });
}

TEST(Scheduler, TakesTheEmptiest) {
  EXPECT_EQ(choose({host("a", 1), host("b", 9), host("c", 5)}).best.front().host, "b");
}

TEST(Scheduler, CountsWhatEachFilterDropped) {
  auto off = host("off", 1), down = host("down", 1), far = host("far", 1);
  off.enabled = false;
  down.up = false;
  far.availability_zone = "far";
  const auto choice = choose({off, down, far, host("a", 1)}, {.availability_zone = "nova"});
  ASSERT_EQ(choice.best.size(), 1u);
  ASSERT_EQ(choice.dropped.size(), 3u);
  EXPECT_EQ(choice.dropped[2].filter, "AvailabilityZoneFilter");
  EXPECT_EQ(choice.dropped[2].hosts, 1u);
}

TEST(Scheduler, HonoursHints) {
  const auto hosts = {host("a", 1), host("b", 1), host("c", 1)};
  EXPECT_EQ(choose(hosts, {.host = "b"}).best.front().host, "b");
  EXPECT_EQ(choose(hosts, {.not_on = {"a", "b"}}).best.front().host, "c");
  EXPECT_EQ(choose(hosts, {.only_on = {"a"}}).best.size(), 1u);
  EXPECT_TRUE(choose(hosts, {.host = "nowhere"}).best.empty());
}

TEST(Scheduler, KeepsAGroupTogether) {
  const auto hosts = {host("a", 1), host("b", 9)};
  EXPECT_EQ(choose(hosts, {.group = GroupWish{"affinity", 1, {{"a", 1}}}}).best.size(), 1u);
  EXPECT_EQ(choose(hosts, {.group = GroupWish{"affinity", 1, {{"a", 1}}}}).best.front().host, "a");
  EXPECT_EQ(choose(hosts, {.group = GroupWish{"affinity", 1, {}}}).best.size(), 2u);
}

TEST(Scheduler, KeepsAGroupApart) {
  const auto hosts = {host("a", 9), host("b", 1)};
  const auto choice = choose(hosts, {.group = GroupWish{"anti-affinity", 1, {{"a", 1}}}});
  ASSERT_EQ(choice.best.size(), 1u);
  EXPECT_EQ(choice.best.front().host, "b");
  EXPECT_EQ(choice.dropped.front().filter, "ServerGroupAntiAffinityFilter");
  EXPECT_EQ(choose(hosts, {.group = GroupWish{"anti-affinity", 2, {{"a", 1}}}}).best.size(), 2u);
}

TEST(Scheduler, SoftGroupsOnlyPrefer) {
  const auto hosts = {host("a", 10), host("b", 10)};
  const std::map<std::string, std::int64_t> on{{"a", 2}};
  EXPECT_EQ(choose(hosts, {.group = GroupWish{"soft-affinity", 1, on}}).best.front().host, "a");
  EXPECT_EQ(choose(hosts, {.group = GroupWish{"soft-anti-affinity", 1, on}}).best.front().host,
            "b");
}

}  // namespace
}  // namespace haneul::nova
