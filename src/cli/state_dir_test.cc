#include "cli/state_dir.h"

#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/id.h"

namespace haneul::cli {
namespace {
namespace fs = std::filesystem;

class StateDirTest : public ::testing::Test {
 protected:
  ~StateDirTest() override { fs::remove_all(path_); }
  const fs::path path_ = fs::temp_directory_path() / ("haneul-state-" + new_hex_id());
};

TEST_F(StateDirTest, IsMadeByWhoeverStartsACloudAlone) {
  const StateDir looked_at(path_, StateDir::Missing::stays_missing);
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_FALSE(looked_at.owner());
  EXPECT_FALSE(looked_at.read("mode"));
  const StateDir started(path_);
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_all);
}

// Such a lock shows no process, as one held in another container does: a signal to "it" would go to
// every process there is.
TEST_F(StateDirTest, AnOwnerThatCannotBeSeenIsNobodyToSignal) {
  const StateDir state(path_);
  const int fd = ::open(state.file("lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  ASSERT_EQ(::fcntl(fd, F_OFD_SETLK, &whole), 0);
  EXPECT_THROW(state.owner(), std::runtime_error);
  ::close(fd);
  EXPECT_FALSE(state.owner());
}

}  // namespace
}  // namespace haneul::cli
