#include "services/keystone/logic/msgpack.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace haneul::keystone {
namespace {

// Expected bytes are what Python's msgpack.packb makes of the same values.
TEST(Msgpack, WritesWhatPythonWrites) {
  MsgpackWriter out;
  out.array(7).integer(0).integer(127).integer(128).integer(65536).text("all").bytes("\x01\x02");
  out.array(3).boolean(true).nil().real(1.5);
  EXPECT_EQ(to_hex(out.take()), "97007fcc80ce00010000a3616c6cc402010293c3c0cb3ff8000000000000");
}

TEST(Msgpack, WritesLongLengths) {
  EXPECT_EQ(to_hex(MsgpackWriter().text(std::string(32, 'x')).take().substr(0, 3)), "d92078");
  EXPECT_EQ(to_hex(MsgpackWriter().bytes(std::string(300, 'x')).take().substr(0, 4)), "c5012c78");
  EXPECT_EQ(to_hex(MsgpackWriter().array(300).take()), "dc012c");
}

TEST(Msgpack, ReadsBack) {
  const std::string made = MsgpackWriter()
                               .array(16)
                               .integer(1ull << 40)
                               .text(std::string(70'000, 'y'))
                               .bytes("b")
                               .real(-0.25)
                               .boolean(false)
                               .nil()
                               .integer(5)
                               .text("abcdefgh")
                               .take();
  MsgpackReader in(made);
  EXPECT_EQ(in.array(), 16u);
  EXPECT_EQ(in.integer(), 1ull << 40);
  EXPECT_EQ(in.text()->size(), 70'000u);
  EXPECT_EQ(in.text(), "b");
  EXPECT_EQ(in.real(), -0.25);
  EXPECT_FALSE(in.nil());
  EXPECT_EQ(in.boolean(), false);
  EXPECT_TRUE(in.nil());
  EXPECT_EQ(in.real(), 5.0);
  EXPECT_FALSE(in.at_end());
  EXPECT_EQ(in.text(), "abcdefgh");
  EXPECT_TRUE(in.at_end());
}

TEST(Msgpack, RefusesWhatIsCutOff) {
  for (const char* hex : {"", "c4", "c405ff", "db7fffffff00", "dc", "ddffffffff", "cb00", "cd01"}) {
    const std::string bytes = *from_hex(hex);
    EXPECT_FALSE(MsgpackReader(bytes).text()) << hex;
    EXPECT_FALSE(MsgpackReader(bytes).array()) << hex;
    EXPECT_FALSE(MsgpackReader(bytes).real()) << hex;
    EXPECT_FALSE(MsgpackReader(bytes).integer()) << hex;
    EXPECT_FALSE(MsgpackReader(bytes).boolean()) << hex;
  }
}

}  // namespace
}  // namespace haneul::keystone
