#include "drivers/virt/orphan_reaper.h"

#include <chrono>
#include <condition_variable>
#include <signal.h>

#include <gtest/gtest.h>

#include "base/process.h"

namespace haneul::virt {
namespace {

bool gone_within(pid_t pid, std::chrono::milliseconds most) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  const auto deadline = std::chrono::steady_clock::now() + most;
  while (::kill(pid, 0) == 0) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    never.wait_for(lock, std::chrono::milliseconds(2));
  }
  return true;
}

pid_t start_daemon() {
  const auto end =
      run_process({"sh", "-c",
                   "setsid sleep 60 >/dev/null 2>&1 & pid=$!\n"
                   "until read name </proc/$pid/comm && [ $name = sleep ]; do :; done\n"
                   "echo $pid"});
  return end && end->ok() ? static_cast<pid_t>(std::stol(end->out)) : 0;
}

TEST(OrphanReaper, ADaemonThatDiesLeavesTheProcessTable) {
  OrphanReaper reaper({"sleep"});
  const pid_t pid = start_daemon();
  ASSERT_GT(pid, 1);
  const OrphanReaper::Hurry hurry(reaper);
  ::kill(pid, SIGKILL);
  EXPECT_TRUE(gone_within(pid, std::chrono::seconds(5)));
}

TEST(OrphanReaper, ChildrenOfOthersAreLeftToThem) {
  OrphanReaper reaper({"sh", "true"});
  const OrphanReaper::Hurry hurry(reaper);
  for (int i = 0; i < 50; ++i) {
    const auto end = run_process({"sh", "-c", "exit 7"});
    ASSERT_TRUE(end);
    EXPECT_EQ(end->exit_status, 7);
  }
}

}  // namespace
}  // namespace haneul::virt
