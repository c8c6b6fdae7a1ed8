#include "base/text.h"

#include <gtest/gtest.h>

#include "base/id.h"

namespace haneul {
namespace {

TEST(Text, Base64BothWays) {
  for (const char* text : {"", "a", "ab", "abc", "abcd", "\xff\xfe\xfd"}) {
    EXPECT_EQ(base64_decode(base64_encode(text)), text);
    EXPECT_EQ(base64_decode(base64url_encode(text)), text);
  }
  EXPECT_FALSE(base64_decode("a"));
  EXPECT_FALSE(base64_decode("ab!="));
}

TEST(Text, PercentBothWays) {
  EXPECT_EQ(percent_encode("a b/ü"), "a%20b%2F%C3%BC");
  EXPECT_EQ(percent_decode("a+b%2F", true), "a b/");
  EXPECT_FALSE(percent_decode("%2", false));
  EXPECT_FALSE(percent_decode("%zz", false));
}

TEST(Text, Utf8) {
  EXPECT_TRUE(is_valid_utf8("\u00e9\u20ac\U0001f600"));
  for (const char* bad : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xe2\x82", "\xf5\x80\x80\x80"}) {
    EXPECT_FALSE(is_valid_utf8(bad));
  }
  EXPECT_EQ(utf8_length("\u00e9x"), 2u);
}

TEST(Text, Numbers) {
  EXPECT_EQ(parse_int("-12"), -12);
  for (const char* bad : {"", "1x", " 1", "99999999999999999999", "+-1"}) {
    EXPECT_FALSE(parse_int(bad)) << bad;
  }
  EXPECT_EQ(parse_bool("Yes"), true);
  EXPECT_EQ(parse_bool("off"), false);
  EXPECT_FALSE(parse_bool("maybe"));
}

TEST(Ids, AreUuids) {
  EXPECT_TRUE(is_uuid_like(new_uuid()));
  EXPECT_TRUE(is_uuid_like(new_hex_id()));
  EXPECT_NE(new_uuid(), new_uuid());
  EXPECT_NE(new_uuid().substr(0, 11), new_uuid().substr(0, 11)) << "names of devices";
  EXPECT_FALSE(is_uuid_like("6b8c"));
  EXPECT_FALSE(is_uuid_like("zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz"));
  EXPECT_EQ(random_password(24).size(), 24u);
}

}  // namespace
}  // namespace haneul
