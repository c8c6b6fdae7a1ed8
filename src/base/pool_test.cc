#include "base/pool.h"

#include <atomic>
#include <future>
#include <latch>

#include <gtest/gtest.h>

namespace haneul {
namespace {

using std::chrono::seconds;

TEST(Pool, RunsEverythingBeforeItCloses) {
  std::atomic<int> done{0};
  {
    Pool pool("test", 3, 100'000);
    for (int i = 0; i < 50'000; ++i) ASSERT_TRUE(pool.try_submit([&] { ++done; }));
  }
  EXPECT_EQ(done, 50'000);
}

// Pools are declared last: they end before what their jobs refer to.
TEST(Pool, UsesAllThreadsWhenJobsBlock) {
  constexpr int kThreads = 8;
  for (int round = 0; round < 50; ++round) {
    std::latch all(kThreads);
    std::promise<void> met;
    Pool pool("test", kThreads, 100);
    for (int i = 0; i < kThreads; ++i) {
      ASSERT_TRUE(pool.try_submit([&, i] {
        all.arrive_and_wait();  // ends only if each job has a thread
        if (i == 0) met.set_value();
      }));
    }
    ASSERT_EQ(met.get_future().wait_for(seconds(20)), std::future_status::ready);
  }
}

TEST(Pool, ASleepingThreadTakesWhatABusyOneCannot) {
  std::promise<void> go, second;
  Pool pool("test", 2, 100);
  ASSERT_TRUE(pool.try_submit([&] { go.get_future().wait_for(seconds(20)); }));
  ASSERT_TRUE(pool.try_submit([&] { second.set_value(); }));
  EXPECT_EQ(second.get_future().wait_for(seconds(20)), std::future_status::ready);
  go.set_value();
}

TEST(Pool, RefusesWhatTheQueueCannotHold) {
  std::promise<void> started, go;
  std::atomic<int> done{0};
  Pool pool("test", 1, 2);
  ASSERT_TRUE(pool.try_submit([&] {
    started.set_value();
    go.get_future().wait_for(seconds(20));
  }));
  started.get_future().wait();
  EXPECT_TRUE(pool.try_submit([&] { ++done; }));
  EXPECT_TRUE(pool.try_submit([&] { ++done; }));
  EXPECT_FALSE(pool.try_submit([&] { ++done; }));
  EXPECT_EQ(pool.queued(), 2U);
  go.set_value();
  pool.close();
  EXPECT_EQ(done, 2);
  EXPECT_FALSE(pool.try_submit([] {}));
}

}  // namespace
}  // namespace haneul
