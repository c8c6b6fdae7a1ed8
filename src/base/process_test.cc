#include "base/process.h"

#include <signal.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace haneul {
namespace {

using std::chrono::milliseconds;

ProcessEnd run(const std::vector<std::string>& argv, const ProcessLimits& limits = {}) {
  auto end = run_process(argv, limits);
  EXPECT_TRUE(end) << (end ? "" : end.reason());
  return end ? *end : ProcessEnd{};
}

ProcessEnd shell(const std::string& script, const ProcessLimits& limits = {}) {
  return run({"sh", "-c", script}, limits);
}

TEST(Process, MayHaveManyFiles) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{std::min<rlim_t>(256, before.rlim_max), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  allow_many_files();
  rlimit after{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, std::min<rlim_t>(65'536, before.rlim_max));
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(Process, BothStreamsAndTheStatusComeBack) {
  const auto end = shell("echo out; echo err >&2; exit 7");
  EXPECT_EQ(end.out, "out\n");
  EXPECT_EQ(end.err, "err\n");
  EXPECT_EQ(end.exit_status, 7);
  EXPECT_FALSE(end.ok());
  EXPECT_EQ(end.reason(), "err");
}

TEST(Process, ArgumentsReachTheProgramUntouched) {
  const auto end = run({"printf", "%s|", "a b", "$HOME", "", "'\"\\"});
  EXPECT_TRUE(end.ok());
  EXPECT_EQ(end.out, "a b|$HOME||'\"\\|");
}

TEST(Process, AMissingProgramIsAFailure) {
  const auto end = run_process({"/no/such/program"});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.reason(), "/no/such/program could not be started: No such file or directory");
  EXPECT_FALSE(run_process({}));
  EXPECT_FALSE(run_process({""}));
}

TEST(Process, TheTimeLimitKillsTheWholeGroup) {
  const auto before = std::chrono::steady_clock::now();
  // The grandchild would hold the pipes open for a minute.
  const auto end = shell("echo here; sleep 60 & sleep 60", {.time_max = milliseconds(200)});
  EXPECT_TRUE(end.timed_out);
  EXPECT_EQ(end.exit_status, -1);
  EXPECT_EQ(end.out, "here\n");
  EXPECT_EQ(end.reason(), "it took too long");
  EXPECT_LT(std::chrono::steady_clock::now() - before, milliseconds(2'000));
}

TEST(Process, AFloodDoesNotOutlastTheTimeLimit) {
  const auto end = run({"yes"}, {.time_max = milliseconds(200), .output_bytes_max = 1000});
  EXPECT_TRUE(end.timed_out);
  EXPECT_TRUE(end.output_cut);
  EXPECT_EQ(end.out.size(), 1000u);
}

TEST(Process, OutputBeyondTheLimitIsDroppedAndTheProcessEnds) {
  const auto end = shell("head -c 300000 /dev/zero; exit 3", {.output_bytes_max = 1000});
  EXPECT_EQ(end.out.size(), 1000u);
  EXPECT_TRUE(end.output_cut);
  EXPECT_EQ(end.exit_status, 3);
}

TEST(Process, ABackgroundGrandchildIsNotWaitedFor) {
  const auto before = std::chrono::steady_clock::now();
  const auto end = shell("sleep 5 & echo $!", {.time_max = milliseconds(4'000)});
  EXPECT_TRUE(end.ok());
  EXPECT_LT(std::chrono::steady_clock::now() - before, milliseconds(3'000));
  ::kill(static_cast<pid_t>(std::stol(end.out)), SIGKILL);
}

TEST(Process, ASignalIsTold) {
  const auto end = shell("kill -TERM $$");
  EXPECT_EQ(end.signal, SIGTERM);
  EXPECT_EQ(end.exit_status, -1);
  EXPECT_EQ(end.reason(), "it was ended by signal 15");
}

TEST(Process, MemoryIsLimited) {
  // The shell grows its variable until the allocation fails.
  const auto end = shell("read go; v=0123456789abcdef; while :; do v=$v$v; done",
                         {.time_max = milliseconds(20'000), .memory_bytes_max = 64 << 20});
  EXPECT_FALSE(end.ok());
  EXPECT_FALSE(end.timed_out);
}

TEST(Process, NoFilesOfOursAreInherited) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const auto end = run({"ls", "/proc/self/fd"});
  EXPECT_EQ(end.out, "0\n1\n2\n3\n");  // 3 is the listing itself
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Process, ManyThreadsRunManyAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 10; ++i) {
        const auto word = std::to_string(t * 100 + i);
        EXPECT_EQ(run({"echo", word}).out, word + "\n");
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace haneul
