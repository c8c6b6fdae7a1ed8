#include "services/keystone/logic/fernet.h"

#include <stdexcept>

#include <gtest/gtest.h>

#include "base/text.h"

namespace haneul::keystone {
namespace {

// The key, the time and the first token are those of the specification's generate.json.
constexpr const char* kSecret = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
const Instant kMade = Instant::from_seconds(499'162'800);

FernetKeys keys(std::initializer_list<std::string> texts = {kSecret}) {
  FernetKeys made;
  for (const auto& text : texts) made.push_back(FernetKey::parse(text).value());
  return made;
}

TEST(Fernet, ReadsTheSpecificationsToken) {
  const auto message = fernet_decrypt(
      keys(),
      "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU"
      "4IwqDA==");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->payload, "hello");
  EXPECT_EQ(message->made, kMade);
}

// All carry a right MAC, made by Python's cryptography.
TEST(Fernet, RefusesWellSignedNonsense) {
  const std::vector<const char*> tokens = {
      // padding
      "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0OD3BF0C8m07H9vhOEAnW54dD1SSFlDFwE0jl8DRXjSobTcvkO7NlZjyBHXA0F"
      "bH8MJg==",
      // version
      "gQAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLKY7covSkDHw9ma-418Z5yfJ0bAi-R_TUVpW6VS"
      "XlO8JA==",
      // made in the year 10000
      "gAAAADr_9EGAAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLG9jttPULE3FaABo-K4qJTUUEKEXWBvr5bwsl1"
      "4TYrYw==",
      // not whole blocks
      "gAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAHh5enh5enh5enh5enh5enp6enp6YT7T61xNAGHj6-BGDR4qOrCElOCGVDvk"
      "TTTAE6J5mWM=",
      // nothing encrypted
      "gAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAJ_5h5JEerIvAzZj0WIMNHOioxX6piVQID1_YGhffTKp"};
  for (const char* token : tokens) EXPECT_FALSE(fernet_decrypt(keys(), token)) << token;
}

TEST(Fernet, EveryBitCounts) {
  const std::string good = *base64_decode(fernet_encrypt(keys(), "hello", kMade));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(fernet_decrypt(keys(), base64url_encode(bad))) << bit;
  }
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(fernet_decrypt(keys(), base64url_encode(good.substr(0, length)))) << length;
  }
}

TEST(Fernet, RoundTripsEveryLength) {
  for (std::size_t length = 0; length < 70; ++length) {
    const std::string payload(length, 'x');
    std::string text = fernet_encrypt(keys(), payload, kMade);
    EXPECT_EQ(fernet_decrypt(keys(), text)->payload, payload);
    text.erase(std::min(text.size(), text.find('=')));
    EXPECT_EQ(fernet_decrypt(keys(), text)->payload, payload);
  }
}

TEST(Fernet, NeverTheSameTwice) {
  EXPECT_NE(fernet_encrypt(keys(), "x", kMade), fernet_encrypt(keys(), "x", kMade));
}

TEST(Fernet, AnyKeyDecryptsButOnlyThose) {
  const std::string fresh = FernetKey::generate();
  const std::string old = fernet_encrypt(keys(), "x", kMade);
  EXPECT_TRUE(fernet_decrypt(keys({fresh, kSecret}), old));
  EXPECT_FALSE(fernet_decrypt(keys({fresh}), old));
  EXPECT_FALSE(fernet_decrypt({}, old));
  EXPECT_TRUE(fernet_decrypt(keys({fresh}), fernet_encrypt(keys({fresh, kSecret}), "x", kMade)));
}

TEST(Fernet, KeysAre32Bytes) {
  EXPECT_TRUE(FernetKey::parse(std::string(kSecret) + "\n"));
  for (const char* bad : {"", "x", "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4Q==", "!!!!"}) {
    EXPECT_FALSE(FernetKey::parse(bad)) << bad;
  }
}

TEST(Fernet, HasLimits) {
  EXPECT_FALSE(fernet_decrypt(keys(), std::string(kFernetTextBytesMax + 1, 'A')));
  const std::string longest(kFernetPayloadBytesMax, 'x');
  EXPECT_TRUE(fernet_decrypt(keys(), fernet_encrypt(keys(), longest, kMade)));
  EXPECT_THROW(fernet_encrypt(keys(), longest + "x", kMade), std::invalid_argument);
  EXPECT_THROW(fernet_encrypt({}, "x", kMade), std::invalid_argument);
}

}  // namespace
}  // namespace haneul::keystone
