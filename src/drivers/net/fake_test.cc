#include "drivers/net/fake.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace haneul::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kNet = "11111111-0000-4000-8000-000000000001";
const std::string kPort = "22222222-0000-4000-8000-000000000002";

Network a_network() {
  return {.id = kNet, .name = "blue"};
}
Port a_port() {
  return {.id = kPort, .network_id = kNet, .host = "h1"};
}

// What was told, as text; for synchronous drivers only.
struct Heard {
  std::vector<std::string> lines;
  Events events() {
    return {[this](const std::string& id, bool up) {
              lines.push_back(id.substr(0, 8) + (up ? " up" : " down"));
            },
            [this](const Object& object) { lines.push_back("drift " + object.id.substr(0, 8)); }};
  }
};

class Folder {
 public:
  Folder() {
    std::string name = "/tmp/haneul-fake-net-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file() const { return path_ + "/journal"; }

 private:
  std::string path_;
};

TEST(FakeNet, TellsAgainWhatWasNotTaken) {
  Heard heard;
  bool full = true;
  FakeDriver net;
  net.on_events({[&](const std::string& id, bool up) {
                   if (std::exchange(full, false)) throw Error("the disk is full");
                   heard.events().port_up(id, up);
                 },
                 nullptr});
  net.put(a_network());
  net.put(a_port());
  net.plug(a_port(), 1442);
  net.settle();
  EXPECT_THAT(heard.lines, ElementsAre("22222222 up"));
}

TEST(FakeNet, ListsWhatWasPutAndForgetsWhatWasRemoved) {
  FakeDriver net;
  net.put(a_network());
  net.put(a_port());
  net.put(Router{.id = "r"});
  net.put(SecurityGroup{.id = "g"});
  EXPECT_THAT(net.list(),
              ElementsAre(Object{Kind::network, kNet}, Object{Kind::port, kPort},
                          Object{Kind::router, "r"}, Object{Kind::security_group, "g"}));
  EXPECT_EQ(net.network(kNet)->name, "blue");
  net.remove({Kind::router, "r"});
  net.remove({Kind::router, "never there"});
  net.remove({Kind::network, kNet});
  EXPECT_THAT(net.list(), ElementsAre(Object{Kind::security_group, "g"}));
  EXPECT_FALSE(net.port(kPort));
}

TEST(FakeNet, RefusesAPortOfAnUnknownNetwork) {
  FakeDriver net;
  EXPECT_THROW(net.put(a_port()), Error);
  EXPECT_THAT(net.list(), IsEmpty());
}

TEST(FakeNet, TellsPortsUpAndDown) {
  FakeDriver net({.synchronous_events = true});
  Heard heard;
  net.on_events(heard.events());
  net.put(a_network());
  net.put(a_port());
  EXPECT_THAT(heard.lines, IsEmpty());
  EXPECT_EQ(net.plug(a_port(), 1442), "tap22222222-00");
  net.plug(a_port(), 1442);
  EXPECT_THAT(net.list_plugged(), ElementsAre(kPort));
  net.unplug(kPort);
  EXPECT_THAT(heard.lines, ElementsAre("22222222 up", "22222222 down"));
}

TEST(FakeNet, PluggedBeforePutIsUpOncePut) {
  FakeDriver net;
  Heard heard;
  net.on_events(heard.events());
  net.put(a_network());
  net.plug(a_port(), 1442);
  EXPECT_FALSE(net.is_up(kPort));
  net.put(a_port());
  net.settle();
  EXPECT_THAT(heard.lines, ElementsAre("22222222 up"));
}

TEST(FakeNet, RouterPortsNeedNoPlug) {
  FakeDriver net;
  net.put(a_network());
  Port port = a_port();
  port.device_owner = "network:router_interface";
  net.put(port);
  EXPECT_TRUE(net.is_up(kPort));
}

TEST(FakeNet, KeepsNoPortsOfFloatingIps) {
  FakeDriver net;
  net.put(a_network());
  Port port = a_port();
  port.device_owner = "network:floatingip";
  net.put(port);
  EXPECT_FALSE(net.has({Kind::port, kPort}));
}

TEST(FakeNet, BoundIsUpWhereAskedFor) {
  FakeDriver net({.up_when_bound = true});
  net.put(a_network());
  net.put(a_port());
  EXPECT_TRUE(net.is_up(kPort));
}

TEST(FakeNet, TellsThePresentStateToALateListener) {
  FakeDriver net({.synchronous_events = true});
  net.put(a_network());
  net.put(a_port());
  net.plug(a_port(), 1442);
  Heard heard;
  net.on_events(heard.events());
  EXPECT_THAT(heard.lines, ElementsAre("22222222 up"));
}

TEST(FakeNet, LosesAndTells) {
  FakeDriver net({.synchronous_events = true});
  net.put(a_network());
  Heard heard;
  net.on_events(heard.events());
  net.lose({Kind::network, kNet});
  EXPECT_FALSE(net.has({Kind::network, kNet}));
  net.put(a_network());
  net.disturb({Kind::network, kNet});
  EXPECT_THAT(heard.lines, ElementsAre("drift 11111111", "drift 11111111"));
}

TEST(FakeNet, FailsAsOftenAsAsked) {
  FakeDriver net;
  net.fail_next(FakeOp::put, "northbound is away", 2);
  EXPECT_THROW(net.put(a_network()), Error);
  EXPECT_THROW(net.put(a_network()), Error);
  EXPECT_THAT(net.list(), IsEmpty());
  net.put(a_network());
  EXPECT_TRUE(net.has({Kind::network, kNet}));
}

TEST(FakeNet, HookComesFirstAndMayLookAround) {
  FakeDriver net;
  std::vector<std::string> seen;
  net.before_each([&](FakeOp op, const Object& object) {
    seen.push_back(std::to_string(static_cast<int>(op)) + object.id.substr(0, 4) +
                   (net.has(object) ? "!" : "?"));
  });
  net.put(a_network());
  net.remove({Kind::network, kNet});
  EXPECT_THAT(seen, ElementsAre("01111?", "11111!"));
}

TEST(FakeNet, MetadataSocketListens) {
  FakeDriver net;
  const int listener = net.open_metadata_socket(a_network());
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int caller = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(caller, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(address.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
  ::close(caller);
  ::close(listener);
  EXPECT_THAT(net.list_metadata(), ElementsAre(kNet));
  net.close_metadata(kNet);
  EXPECT_THAT(net.list_metadata(), IsEmpty());
}

TEST(FakeNet, RemembersBetweenRuns) {
  const Folder folder;
  {
    FakeDriver net({.journal_path = folder.file()});
    net.put(a_network());
    net.put(a_port());
    net.put(Router{.id = "r"});
    net.remove({Kind::router, "r"});
    net.plug(a_port(), 1442);
    ::close(net.open_metadata_socket(a_network()));
  }
  for (int run = 0; run < 2; ++run) {
    FakeDriver net({.journal_path = folder.file()});
    EXPECT_THAT(net.list(), ElementsAre(Object{Kind::network, kNet}, Object{Kind::port, kPort}));
    EXPECT_THAT(net.list_plugged(), ElementsAre(kPort));
    EXPECT_THAT(net.list_metadata(), ElementsAre(kNet));
    EXPECT_TRUE(net.is_up(kPort));
    EXPECT_FALSE(net.port(kPort));
  }
}

TEST(FakeNet, IgnoresATornLastLine) {
  const Folder folder;
  { FakeDriver({.journal_path = folder.file()}).put(a_network()); }
  std::ofstream(folder.file(), std::ios::app) << "- network 1111";
  FakeDriver net({.journal_path = folder.file()});
  EXPECT_THAT(net.list(), ElementsAre(Object{Kind::network, kNet}));
}

TEST(FakeNet, RefusesAJournalItDoesNotUnderstand) {
  const Folder folder;
  std::ofstream(folder.file()) << "+ network a\nmoo\n+ network b\n";
  EXPECT_THROW(FakeDriver({.journal_path = folder.file()}), Error);
}

TEST(FakeNet, CarriesAHundredThousandPorts) {
  const Folder folder;
  {
    FakeDriver net({.journal_path = folder.file(), .keep_contents = false});
    net.put(a_network());
    Port port = a_port();
    for (int i = 0; i < 100'000; ++i) {
      port.id = std::to_string(i);
      net.put(port);
      net.put(port);
    }
  }
  FakeDriver net({.journal_path = folder.file(), .keep_contents = false});
  EXPECT_EQ(net.list().size(), 100'001u);
  net.remove({Kind::network, kNet});
  EXPECT_THAT(net.list(), IsEmpty());
}

}  // namespace
}  // namespace haneul::net
