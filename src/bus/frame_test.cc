#include "bus/frame.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace haneul::bus {
namespace {

void feed(FrameReader& reader, std::string_view bytes) {
  std::copy(bytes.begin(), bytes.end(), reader.input().room(bytes.size()));
  reader.input().filled(bytes.size());
}

std::string with_length(std::string text) {
  std::string out{'\0', '\0', static_cast<char>(text.size() >> 8), static_cast<char>(text.size())};
  return out + text;
}

TEST(Frame, ArrivesInAnyPieces) {
  const Frame sent{Frame::Kind::order, 7, "virt.start", std::chrono::seconds(3),
                   json::Object{{"guest", "g\u00e4"}}};
  const std::string bytes = encode(sent) + encode({});
  FrameReader reader(1024);
  std::vector<Frame> got;
  for (const char c : bytes) {
    feed(reader, {&c, 1});
    while (auto frame = reader.next()) got.push_back(std::move(*frame));
  }
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].kind, Frame::Kind::order);
  EXPECT_EQ(got[0].id, 7u);
  EXPECT_EQ(got[0].name, "virt.start");
  EXPECT_EQ(got[0].time_left, std::chrono::seconds(3));
  EXPECT_EQ(got[0].body, sent.body);
  EXPECT_EQ(got[1].kind, Frame::Kind::ping);
}

TEST(Frame, TooLongIsNotWaitedFor) {
  FrameReader reader(100);
  feed(reader, std::string_view("\0\0\0\x65", 4));
  EXPECT_THROW(reader.next(), Malformed);
}

TEST(Frame, AtTheLimitIsTaken) {
  const std::string bytes = encode({.kind = Frame::Kind::event, .body = std::string(50, 'x')});
  FrameReader fits(bytes.size() - 4), tight(bytes.size() - 5);
  feed(fits, bytes);
  feed(tight, bytes);
  EXPECT_TRUE(fits.next());
  EXPECT_THROW(tight.next(), Malformed);
}

TEST(Frame, OtherWordsAreRefused) {
  for (const char* text :
       {"", "{}", "[]", "not json", R"(["order",1,"x",5])", R"(["shout",1,"x",5,null])",
        R"(["order","1","x",5,null])", R"(["order",1,2,5,null])", R"(["order",1,"x",-5,null])"}) {
    FrameReader reader(1024);
    feed(reader, with_length(text));
    EXPECT_THROW(reader.next(), Malformed) << text;
  }
}

TEST(Frame, NobodyWaitsForEver) {
  FrameReader reader(1024);
  feed(reader, with_length(R"(["order",1,"x",9223372036854775807,null])"));
  EXPECT_EQ(reader.next()->time_left, std::chrono::hours(24));
}

}  // namespace
}  // namespace haneul::bus
