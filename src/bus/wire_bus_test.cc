#include "bus/wire_bus.h"

#include <array>
#include <atomic>
#include <future>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "bus/frame.h"
#include "http/test_front.h"

namespace haneul::bus {
namespace {

using http::test::eventually;
using std::chrono::seconds;
using Kind = Error::Kind;

std::array<int, 2> socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::runtime_error("no socket pair");
  }
  return ends;
}

// A controller and one host, joined by a pair of sockets.
class WireBusTest : public ::testing::Test {
 protected:
  explicit WireBusTest(WireLimits limits = {}) : controller(clock, limits), host(clock, limits) {}
  ~WireBusTest() override {
    if (!released_) release.set_value();
    controller.close();
    host.close();
  }

  void hear() {
    host.hear({.order = [this](const Asked& asked) { return carry_out(asked); },
               .event = [this](const Told&) { ++heard; },
               .changed = [](const std::string&) {}});
    controller.hear({.order = [](const Asked&) { return json::Value(); },
                     .event =
                         [this](const Told& told) {
                           const std::lock_guard lock(mutex);
                           events.push_back(told.from + " " + told.event);
                         },
                     .changed = [this](const std::string&) { ++changes; }});
  }
  void connect() {
    const auto ends = socket_pair();
    host_fd = ends[1];
    controller.adopt({ends[0], nullptr, {}}, {"h1", "there", "i1"});
    host.adopt({ends[1], nullptr, {}}, {"controller", "", ""});
  }
  json::Value carry_out(const Asked& asked) {
    ++carried_out;
    if (asked.method == "fail") throw std::runtime_error("the disk is full");
    if (asked.method == "refuse") throw Error(Kind::refused, "never heard of it");
    if (asked.method == "hang") released.wait();
    if (asked.method == "long") return std::string(limits_.frame_bytes_max, 'x');
    return json::Object{{"from", asked.from}, {"body", asked.body}};
  }
  Kind kind_of(const std::string& node, Order order) {
    try {
      controller.call(node, std::move(order));
    } catch (const Error& e) {
      why = e.what();
      return e.kind();
    }
    throw std::runtime_error("it was carried out");
  }

  ManualClock clock;
  const LinkLimits limits_;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::atomic<int> carried_out{0}, changes{0}, heard{0};
  bool released_ = false;
  std::mutex mutex;
  std::vector<std::string> events;
  std::string why;
  int host_fd = -1;
  WireBus controller, host;
};

TEST_F(WireBusTest, CarriesOrdersAnswersAndEvents) {
  hear();
  connect();
  const auto answer = controller.call("h1", {"echo", json::Object{{"a", 1}}});
  EXPECT_EQ(*answer.at({"from"})->text(), "controller");
  EXPECT_EQ(*answer.at({"body", "a"})->integer(), 1);
  for (int i = 0; i < 100; ++i) host.tell("controller", std::to_string(i), {});
  ASSERT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return events.size() == 100;
  }));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(events[i], "h1 " + std::to_string(i));
}

TEST_F(WireBusTest, SaysHowItFailed) {
  hear();
  EXPECT_EQ(kind_of("h1", {"echo", {}}), Kind::unreachable);
  EXPECT_EQ(why, "h1 is not connected");
  connect();
  EXPECT_EQ(kind_of("h1", {"fail", {}}), Kind::failed);
  EXPECT_EQ(why, "h1: the disk is full");
  EXPECT_EQ(kind_of("h1", {"refuse", {}}), Kind::refused);
  EXPECT_EQ(why, "h1: never heard of it");
  EXPECT_EQ(kind_of("h1", {"long", {}}), Kind::refused);
  EXPECT_EQ(kind_of("h1", {"echo", std::string(limits_.frame_bytes_max, 'x')}), Kind::refused);
  EXPECT_NO_THROW(controller.call("h1", {"echo", {}}));
}

TEST_F(WireBusTest, ALostConnectionEndsWhatWaits) {
  hear();
  connect();
  auto call = std::async(std::launch::async, [&] { return kind_of("h1", {"hang", {}}); });
  ASSERT_TRUE(eventually([&] { return carried_out == 1; }));
  ::shutdown(host_fd, SHUT_RDWR);
  EXPECT_EQ(call.get(), Kind::unreachable);
  EXPECT_TRUE(eventually([&] { return !controller.member("h1")->connected; }));
  EXPECT_FALSE(controller.tell("h1", "x", {}));
  EXPECT_TRUE(eventually([&] { return changes == 2; }));
}

TEST_F(WireBusTest, AnOrderHasADeadline) {
  hear();
  connect();
  auto call = std::async(std::launch::async, [&] {
    return kind_of("h1", {"hang", {}, seconds(20)});
  });
  ASSERT_TRUE(eventually([&] { return carried_out == 1; }));
  clock.advance(seconds(21));
  EXPECT_EQ(call.get(), Kind::unreachable);
  EXPECT_EQ(why, "h1: it did not answer in time");
  // The host was only slow: what it says later is dropped, and it is still there.
  EXPECT_TRUE(controller.member("h1")->connected);
  EXPECT_NO_THROW(controller.call("h1", {"echo", {}}));
}

TEST_F(WireBusTest, HeartbeatsKeepAConnectionAndSilenceEndsIt) {
  hear();
  connect();
  for (int i = 0; i < 6; ++i) {
    const Instant before = clock.now();
    clock.advance(seconds(11));
    ASSERT_TRUE(eventually([&] { return controller.member("h1")->seen_at > before; }));
    ASSERT_TRUE(eventually([&] { return host.member("controller")->seen_at > before; }));
  }
  // A peer that is there but says nothing.
  const auto ends = socket_pair();
  controller.adopt({ends[0], nullptr, {}}, {"mute", "", "i2"});
  const Instant last = controller.member("mute")->seen_at;
  ASSERT_TRUE(eventually([&] {
    clock.advance(seconds(1));
    return !controller.member("mute")->connected;
  }));
  EXPECT_EQ(controller.member("mute")->seen_at, last);
  ::close(ends[1]);
}

TEST_F(WireBusTest, APeerThatSpeaksOtherwiseIsCutOff) {
  hear();
  const auto ends = socket_pair();
  controller.adopt({ends[0], nullptr, "GET / HTTP/1.1\r\n\r\n"}, {"h2", "", "i"});
  EXPECT_TRUE(eventually([&] { return !controller.member("h2")->connected; }));
  ::close(ends[1]);
}

TEST_F(WireBusTest, ANameIsOneProcess) {
  hear();
  connect();
  EXPECT_TRUE(controller.objection({"h1", "elsewhere", "i2"}));
  EXPECT_FALSE(controller.objection({"h1", "there", "i1"})) << "it comes back by itself";
  auto call = std::async(std::launch::async, [&] { return kind_of("h1", {"hang", {}}); });
  ASSERT_TRUE(eventually([&] { return carried_out == 1; }));
  connect();
  EXPECT_EQ(call.get(), Kind::unreachable);
  EXPECT_NO_THROW(controller.call("h1", {"echo", {}}));
}

class OneByOneTest : public WireBusTest {
 protected:
  OneByOneTest() : WireBusTest({.threads = 1}) {}
};

TEST_F(OneByOneTest, WhatNobodyWaitsForIsLeftAlone) {
  hear();
  connect();
  auto first = std::async(std::launch::async, [&] { return kind_of("h1", {"hang", {}}); });
  ASSERT_TRUE(eventually([&] { return carried_out == 1; }));
  auto second = std::async(std::launch::async, [&] {
    try {
      controller.call("h1", {"echo", {}});
    } catch (const Error& e) {
      return e.kind();
    }
    return Kind::failed;
  });
  // Both have arrived when something that was sent behind them has been sent back.
  ASSERT_TRUE(eventually([&] { return controller.tell("h1", "sent behind", {}) && heard > 0; }));
  ::shutdown(host_fd, SHUT_RDWR);
  EXPECT_EQ(first.get(), Kind::unreachable);
  EXPECT_EQ(second.get(), Kind::unreachable);
  ASSERT_TRUE(eventually([&] { return !host.member("controller")->connected; }));
  release.set_value();
  released_ = true;
  host.close();
  EXPECT_EQ(carried_out, 1);
}

class TightWireBusTest : public WireBusTest {
 protected:
  TightWireBusTest()
      : WireBusTest({.orders_max = 2, .members_max = 1, .threads = 1, .jobs_max = 2}) {}
};

TEST_F(TightWireBusTest, EverythingHasALimit) {
  hear();
  connect();
  EXPECT_TRUE(controller.objection({"h2", "", "i"}));
  const std::string full = "h1 has too many orders to answer";
  const std::string full_there = "h1: too many orders wait";
  // Hangs until the end, however often it has to ask for that.
  const auto hang = [&] {
    for (;;) {
      try {
        controller.call("h1", {"hang", {}});
      } catch (const Error& e) {
        if (e.what() != full && e.what() != full_there) return e.kind();
      }
    }
  };
  auto one = std::async(std::launch::async, hang), two = std::async(std::launch::async, hang);
  EXPECT_TRUE(eventually([&] {
    kind_of("h1", {"echo", {}, seconds(0)});
    return why == full;
  }));
  controller.close();
  EXPECT_EQ(one.get(), Kind::unreachable);
  EXPECT_EQ(two.get(), Kind::unreachable);
}

}  // namespace
}  // namespace haneul::bus
