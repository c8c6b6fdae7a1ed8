#include "services/keystone/logic/key_repository.h"

#include <fstream>
#include <set>
#include <stdlib.h>

#include <gtest/gtest.h>

namespace haneul::keystone {
namespace {

namespace fs = std::filesystem;

std::string new_directory() {
  std::string pattern = (fs::temp_directory_path() / "haneul-keys-XXXXXX").string();
  return ::mkdtemp(pattern.data());
}

class KeyRepositoryTest : public testing::Test {
 protected:
  ~KeyRepositoryTest() override { fs::remove_all(parent_); }

  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(keys_)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }
  std::string text(const std::string& name) const {
    std::ifstream in(keys_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put(const std::string& name, const std::string& key) { std::ofstream(keys_ / name) << key; }

  fs::path parent_{new_directory()};
  fs::path keys_{parent_ / "fernet" / "keys"};
  SystemClock clock_;
  KeyRepository repository_{keys_, clock_};
};

using Names = std::set<std::string>;

TEST_F(KeyRepositoryTest, SetsUpOnce) {
  EXPECT_TRUE(*repository_.setup());
  EXPECT_EQ(files(), (Names{"0", "1"}));
  EXPECT_EQ(fs::status(keys_).permissions(), fs::perms::owner_all);
  for (const char* name : {"0", "1"}) {
    EXPECT_EQ(fs::status(keys_ / name).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(text(name).size(), 44u);
  }
  const std::string before = text("0") + text("1");
  EXPECT_FALSE(*repository_.setup());
  EXPECT_EQ(text("0") + text("1"), before);
}

TEST_F(KeyRepositoryTest, RotatesLikeUpstream) {
  ASSERT_TRUE(repository_.setup());
  const std::string staged = text("0");
  EXPECT_EQ(*repository_.rotate(3), 2u);
  EXPECT_EQ(files(), (Names{"0", "1", "2"}));
  EXPECT_EQ(text("2"), staged);
  EXPECT_NE(text("0"), staged);
  EXPECT_EQ(*repository_.rotate(3), 3u);
  EXPECT_EQ(files(), (Names{"0", "2", "3"}));
  EXPECT_EQ(*repository_.rotate(1), 4u);
  EXPECT_EQ(files(), (Names{"0", "4"}));
}

TEST_F(KeyRepositoryTest, TheHighestNumberEncrypts) {
  ASSERT_TRUE(repository_.setup());
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(repository_.rotate(20));
  const auto keys = *repository_.keys();
  ASSERT_EQ(keys->size(), 11u);
  const std::string made = fernet_encrypt(*keys, "x", clock_.now());
  EXPECT_TRUE(fernet_decrypt({FernetKey::parse(text("10")).value()}, made));
}

TEST_F(KeyRepositoryTest, OldTokensLiveUntilTheirKeyGoes) {
  ASSERT_TRUE(repository_.setup());
  const std::string made = fernet_encrypt(**repository_.keys(), "x", clock_.now());
  ASSERT_TRUE(repository_.rotate(3));
  EXPECT_TRUE(fernet_decrypt(**repository_.keys(), made));
  ASSERT_TRUE(repository_.rotate(3));
  EXPECT_FALSE(fernet_decrypt(**repository_.keys(), made));
}

TEST_F(KeyRepositoryTest, SeesChangesOfOthersAtOnce) {
  ASSERT_TRUE(repository_.setup());
  KeyRepository other(keys_, clock_);
  for (int i = 0; i < 20; ++i) {
    const std::string made = fernet_encrypt(**other.keys(), "x", clock_.now());
    ASSERT_TRUE(fernet_decrypt(**repository_.keys(), made)) << i;
    ASSERT_TRUE(repository_.rotate(2));
  }
}

TEST_F(KeyRepositoryTest, ReadsASettledDirectoryAgainAfterAWhile) {
  ASSERT_TRUE(repository_.setup());
  ManualClock clock(SystemClock().now() + std::chrono::hours(1));
  KeyRepository patient(keys_, clock);
  const auto first = *patient.keys();
  EXPECT_EQ(*patient.keys(), first);
  clock.advance(std::chrono::seconds(6));
  EXPECT_NE(*patient.keys(), first);
}

TEST_F(KeyRepositoryTest, PassesOverWhatIsNoKey) {
  ASSERT_TRUE(repository_.setup());
  put("2", "");
  put("3", "not a key");
  put("4.bak", text("1"));
  put("-5", text("1"));
  fs::create_directory(keys_ / "6");
  EXPECT_EQ((*repository_.keys())->size(), 2u);
}

TEST_F(KeyRepositoryTest, SaysWhyThereAreNoKeys) {
  EXPECT_NE(repository_.keys().reason().find(keys_.string()), std::string::npos);
  EXPECT_FALSE(repository_.rotate(3));
  ASSERT_TRUE(repository_.setup());
  EXPECT_TRUE(repository_.keys());
  fs::remove_all(keys_);
  EXPECT_FALSE(repository_.keys());
}

TEST_F(KeyRepositoryTest, MendsARotationThatWasCutOff) {
  ASSERT_TRUE(repository_.setup());
  // Between promoting the staged key and staging the next.
  fs::rename(keys_ / "0", keys_ / "2");
  put("0.tmp", FernetKey::generate());
  EXPECT_EQ((*repository_.keys())->size(), 2u);
  EXPECT_EQ(*repository_.rotate(5), 3u);
  EXPECT_EQ(files(), (Names{"0", "1", "2", "3"}));
  EXPECT_EQ((*repository_.keys())->size(), 4u);
}

TEST_F(KeyRepositoryTest, SettingUpAgainRevokesNothing) {
  ASSERT_TRUE(repository_.setup());
  const std::string made = fernet_encrypt(**repository_.keys(), "x", clock_.now());
  fs::remove(keys_ / "0");
  EXPECT_TRUE(*repository_.setup());
  EXPECT_TRUE(fernet_decrypt(**repository_.keys(), made));
}

}  // namespace
}  // namespace haneul::keystone
