#include "drivers/virt/state_dir.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sched.h>
#include <unistd.h>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/id.h"

namespace haneul::virt {
namespace {

namespace fs = std::filesystem;

class StateDirTest : public testing::Test {
 protected:
  StateDirTest() { fs::create_directories(run_); }
  ~StateDirTest() override { fs::remove_all(dir_); }

  void note(const std::string& guest, int pid, bool has_pid_file) const {
    std::ofstream(run_ / (guest + ".xml"))
        << "<!-- noted -->\n<domstatus state='paused' reason='starting up' pid='" << pid << "'>\n";
    if (has_pid_file) std::ofstream(run_ / (guest + ".pid")) << pid << "\n";
  }
  bool has(const std::string& name) const { return fs::exists(run_ / name); }

  const fs::path dir_ = fs::temp_directory_path() / ("haneul-state-" + new_hex_id());
  const fs::path run_ = dir_ / "run" / "qemu";
};

TEST_F(StateDirTest, ForgetsGuestsThatNeverBegan) {
  note("instance-1", 0, false);
  note("instance-2", 0, true);
  std::ofstream(run_ / "driver.pid") << 1;
  forget_dead_guests(dir_);
  EXPECT_FALSE(has("instance-1.xml"));
  EXPECT_FALSE(has("instance-2.xml"));
  EXPECT_FALSE(has("instance-2.pid"));
  EXPECT_TRUE(has("driver.pid"));
}

TEST_F(StateDirTest, ForgetsGuestsWhoseNumberIsSomebodyElses) {
  note("instance-3", static_cast<int>(::getpid()), true);
  forget_dead_guests(dir_);
  EXPECT_FALSE(has("instance-3.xml"));
  EXPECT_FALSE(has("instance-3.pid"));
}

TEST_F(StateDirTest, KeepsGuestsThatRun) {
  // A process that looks like a guest's: its command line has the name.
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[0], 0);
    ::close(ends[1]);
    ::execlp("sh", "sh", "-c", "read line", "guest=instance-4,debug-threads=on", nullptr);
    ::_exit(1);
  }
  ::close(ends[0]);
  const auto runs = [&] {
    std::ifstream in(fmt::format("/proc/{}/cmdline", child), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {}).find("guest=") != std::string::npos;
  };
  for (int i = 0; i < 100'000 && !runs(); ++i) ::sched_yield();
  note("instance-4", child, true);
  forget_dead_guests(dir_);
  EXPECT_TRUE(has("instance-4.xml"));
  EXPECT_TRUE(has("instance-4.pid"));
  ::close(ends[1]);
  ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace haneul::virt
