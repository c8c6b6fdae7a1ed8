#include "drivers/cache/breaker.h"

#include <gtest/gtest.h>

namespace haneul::cache {
namespace {

TEST(Breaker, LetsOneTryAfterAWhile) {
  ManualClock clock;
  Breaker breaker(clock, std::chrono::seconds(10));
  EXPECT_TRUE(breaker.lets());
  EXPECT_FALSE(breaker.succeeded()) << "no news";
  EXPECT_TRUE(breaker.failed());
  EXPECT_FALSE(breaker.failed()) << "another call under way";
  EXPECT_FALSE(breaker.lets());
  clock.advance(std::chrono::seconds(10));
  EXPECT_TRUE(breaker.lets());
  EXPECT_FALSE(breaker.lets()) << "one tries, the others do not wait for it";
  EXPECT_TRUE(breaker.succeeded());
  EXPECT_TRUE(breaker.lets());
}

}  // namespace
}  // namespace haneul::cache
