#include "base/clock.h"

#include <gtest/gtest.h>

namespace haneul {
namespace {

TEST(Clock, WritesWhatItReads) {
  const auto t = parse_instant("2026-11-24T01:02:03.000456Z");
  ASSERT_TRUE(t);
  EXPECT_EQ(iso_micros(*t), "2026-11-24T01:02:03.000456Z");
  EXPECT_EQ(iso_seconds(*t), "2026-11-24T01:02:03Z");
  EXPECT_EQ(iso_micros_naive(*t), "2026-11-24T01:02:03.000456");
  EXPECT_EQ(iso_seconds(*parse_instant("2026-11-24 03:02:03+02:00")), "2026-11-24T01:02:03Z");
  EXPECT_EQ(iso_seconds(*parse_instant("2024-02-29")), "2024-02-29T00:00:00Z");
}

TEST(Clock, RefusesWhatIsNoTime) {
  for (const char* bad : {"", "2026", "2026-13-01", "2026-02-30", "2026-11-24T25:00", "now",
                          "2026-11-24T01:02:03X", "2026-11-24T01:02:03+99:00"}) {
    EXPECT_FALSE(parse_instant(bad)) << bad;
  }
}

TEST(Clock, BeforeTheEpoch) {
  EXPECT_EQ(iso_micros({-1}), "1969-12-31T23:59:59.999999Z");
}

}  // namespace
}  // namespace haneul
