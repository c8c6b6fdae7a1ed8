#include "drivers/virt/console.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/id.h"

namespace haneul::virt {
namespace {

class Console : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directory(dir_); }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string path() const { return dir_ / "console.log"; }
  void append(const std::string& text) const {
    std::ofstream(path(), std::ios::app | std::ios::binary) << text;
  }

  const std::filesystem::path dir_ = std::filesystem::temp_directory_path() / new_hex_id();
};

TEST_F(Console, AbsentIsEmpty) {
  EXPECT_TRUE(trim_log(path()));
  EXPECT_EQ(read_log_tail(path(), 100), "");
}

TEST_F(Console, TheEndIsRead) {
  append("0123456789");
  EXPECT_EQ(read_log_tail(path(), 4), "6789");
  EXPECT_EQ(read_log_tail(path(), 100), "0123456789");
  EXPECT_EQ(read_log_tail(path(), 0), "");
}

TEST_F(Console, AShortLogIsLeftAlone) {
  append(std::string(kConsoleBytesMax, 'x'));
  EXPECT_TRUE(trim_log(path()));
  EXPECT_EQ(std::filesystem::file_size(path()), kConsoleBytesMax);
}

TEST_F(Console, ALongLogKeepsItsEndAcrossTheCut) {
  append(std::string(3 * kConsoleBytesMax, 'x') + "the end\n");
  EXPECT_TRUE(trim_log(path()));
  EXPECT_EQ(std::filesystem::file_size(path()), 0u);
  append("and more\n");
  const auto all = read_log_tail(path(), 10 * kConsoleBytesMax);
  EXPECT_TRUE(all.ends_with("xthe end\nand more\n"));
  EXPECT_EQ(all.size(), kConsoleBytesMax / 2 + 9);
  EXPECT_EQ(read_log_tail(path(), 13), "end\nand more\n");
}

TEST_F(Console, NeverMoreThanTheLimitIsRead) {
  append(std::string(2 * kConsoleBytesMax, 'x'));
  EXPECT_EQ(read_log_tail(path(), 10 * kConsoleBytesMax).size(), kConsoleBytesMax);
}

TEST_F(Console, ItIsCutEvenIfItsEndCannotBeKept) {
  append(std::string(2 * kConsoleBytesMax, 'x'));
  std::filesystem::create_directories(path() + ".part/in the way");
  EXPECT_FALSE(trim_log(path()));
  EXPECT_EQ(std::filesystem::file_size(path()), 0u);
}

TEST_F(Console, TheTrimmerTrimsAtOnce) {
  append(std::string(2 * kConsoleBytesMax, 'x'));
  const LogTrimmer trimmer([this] { return std::vector<std::string>{path()}; },
                           std::chrono::hours(1));
  EXPECT_EQ(std::filesystem::file_size(path()), 0u);
}

TEST_F(Console, TheTrimmerSurvivesAListThatThrows) {
  const LogTrimmer trimmer(
      []() -> std::vector<std::string> { throw std::runtime_error("no list"); },
      std::chrono::hours(1));
}

}  // namespace
}  // namespace haneul::virt
