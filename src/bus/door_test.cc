#include "bus/door.h"

#include <future>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "bus/dialer.h"
#include "http/test_front.h"
#include "http/upgrade.h"

namespace haneul::bus {
namespace {

using http::test::eventually;

// A controller that listens, and what an agent needs to know of it.
class DoorTest : public ::testing::Test {
 protected:
  DoorTest() {
    front.handler.on_handle = [this](http::Request& request) { return door.open(request); };
    front.start();
    controller.hear({.order = [](const Asked& asked) { return asked.body; },
                     .event = [](const Told&) {},
                     .changed = [](const std::string&) {}});
    host.hear({.order = [](const Asked& asked) { return asked.body; },
               .event = [](const Told&) {},
               .changed = [](const std::string&) {}});
  }
  ~DoorTest() override {
    host.close();
    controller.close();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(front.port); }
  int knock(std::string secret, std::string node, std::string protocol = "haneul-bus-1",
            std::string instance = "6f70656e-0000-4000-8000-000000000001") {
    auto answer = http::ask_upgrade({.url = url() + "/agent/v1",
                                     .protocol = std::move(protocol),
                                     .headers = {{"Authorization", "Bearer " + secret},
                                                 {"X-Haneul-Node", node},
                                                 {"X-Haneul-Instance", instance}}});
    if (!answer) throw std::runtime_error(answer.reason());
    if (answer->taken) ::close(answer->taken->fd);
    return answer->status;
  }

  SystemClock clock;
  WireBus controller{clock}, host{clock};
  Door door{controller, "open sesame", [](const std::string& node) -> std::optional<std::string> {
              if (node == "mine") return "mine is a host of the controller itself";
              return std::nullopt;
            }};
  http::test::TestServer front;
};

TEST_F(DoorTest, LetsInWhoKnowsTheSecret) {
  EXPECT_EQ(knock("open sesame", "h1"), 101);
  for (const char* wrong : {"", "open", "open sesamf", "open sesame!"}) {
    EXPECT_EQ(knock(wrong, "h1"), 401) << wrong;
  }
  EXPECT_EQ(knock("open sesame", "h1", "haneul-bus-2"), 426);
  EXPECT_EQ(knock("open sesame", "a name"), 400);
  EXPECT_EQ(knock("open sesame", ""), 400);
  EXPECT_EQ(knock("open sesame", std::string(254, 'a')), 400);
  EXPECT_EQ(knock("open sesame", "h1", "haneul-bus-1", "not an id"), 400);
  EXPECT_EQ(knock("open sesame", "mine"), 409);
}

TEST_F(DoorTest, ADialerComesBackByItself) {
  Dialer dialer(host,
                {.url = url(),
                 .node = "h1",
                 .secret = "open sesame",
                 .ca_pem = {},
                 .pause_first = std::chrono::milliseconds(1)},
                [](const std::string& why) { ADD_FAILURE() << why; });
  const auto connected = [this] {
    const auto member = controller.member("h1");
    return member && member->connected;
  };
  ASSERT_TRUE(eventually(connected));
  EXPECT_EQ(*controller.call("h1", {"echo", 5}).integer(), 5);
  EXPECT_EQ(*host.call("controller", {"echo", 6}).integer(), 6);
  const Instant before = controller.member("h1")->seen_at;
  // As if the connection had broken: another one takes its place, and is closed.
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
  controller.adopt({ends[0], nullptr, "no frame at all"}, {"h1", "", ""});
  ::close(ends[1]);
  ASSERT_TRUE(eventually([&] { return connected() && controller.member("h1")->seen_at > before; }));
  ASSERT_TRUE(eventually([&] {
    try {
      return *controller.call("h1", {"echo", 7}).integer() == 7;
    } catch (const Error&) {
      return false;
    }
  }));
  host.close();
}

TEST_F(DoorTest, ADialerGivesUpWhereItIsRefused) {
  std::promise<std::string> refused;
  Dialer dialer(host, {.url = url(), .node = "h1", .secret = "guess", .ca_pem = {}},
                [&](const std::string& why) { refused.set_value(why); });
  auto why = refused.get_future();
  ASSERT_EQ(why.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_NE(why.get().find("401"), std::string::npos);
}

TEST(Pauses, GrowAndStopGrowing) {
  using std::chrono::seconds;
  Pauses pauses(seconds(1), seconds(8));
  for (const int expected : {1, 2, 4, 8, 8, 8}) {
    const Duration pause = pauses.next();
    EXPECT_GE(pause, seconds(expected));
    EXPECT_LE(pause, Duration(seconds(expected)) * 3 / 2);
  }
  pauses.reset();
  EXPECT_LE(pauses.next(), seconds(2));
}

}  // namespace
}  // namespace haneul::bus
