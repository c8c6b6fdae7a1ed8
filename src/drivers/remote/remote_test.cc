#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "bus/local_bus.h"
#include "drivers/net/fake.h"
#include "drivers/remote/executor.h"
#include "drivers/remote/fleet.h"
#include "drivers/remote/image_download.h"
#include "drivers/remote/shapes.h"
#include "drivers/virt/fake.h"
#include "http/test_front.h"

namespace haneul::remote {
namespace {

using http::test::eventually;
using virt::Power;

// A controller and the agent of host h1, in one process.
class RemoteTest : public ::testing::Test {
 protected:
  RemoteTest() {
    controller->hear({.order = [](const bus::Asked&) { return json::Value(); },
                      .event = [this](const bus::Told& told) { fleet.take(told); },
                      .changed = [this](const std::string& node) { fleet.changed(node); }});
    agent->hear({.order = [this](const bus::Asked& asked) { return executor.carry_out(asked); },
                 .event = [](const bus::Told&) {},
                 .changed = [](const std::string&) {}});
    guests.remember_inputs();
    guests.on_power_change([this](const virt::GuestState& guest) {
      agent->tell("controller", "virt.power_changed", encode(guest));
    });
  }
  virt::Driver& virt() { return fleet.find("h1")->virt; }
  net::HostDriver& net() { return fleet.find("h1")->net; }
  template <class Error>
  static std::string why(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }

  SystemClock clock;
  bus::LocalHub hub{clock};
  std::unique_ptr<bus::Bus> controller = hub.join("controller"), agent = hub.join("h1");
  Fleet fleet{*controller};
  virt::FakeDriver guests{virt::fake_host_facts("h1")};
  net::FakeDriver ports;
  std::vector<std::string> fetched;
  std::vector<net::Network> networks;
  Executor executor{{.virt = guests,
                     .net = ports,
                     .fetch = [this](const virt::ImageSource& image,
                                     const std::string& to) { fetched.push_back(image.id + to); },
                     .serve_metadata = [this](const auto& all) { networks = all; }},
                    clock};
};

TEST_F(RemoteTest, FactsArriveWhole) {
  virt::HostFacts told = virt().facts(), own = guests.facts();
  EXPECT_EQ(encode(told), encode(own));
  EXPECT_EQ(told.cpu_features, own.cpu_features);
  EXPECT_EQ(told.memory_mib, 256 * 1024);
}

TEST_F(RemoteTest, AGuestLivesAsOnThisHost) {
  const std::string id = "guest-1";
  virt().create_disk(id, {.id = "image", .checksum = "c", .path = "/nowhere", .format = "raw"}, 5);
  const std::map<std::string, std::string> drive{{"a/b", std::string("\0\xff\n", 3)}};
  virt().write_config_drive(id, drive);
  EXPECT_EQ(guests.config_drive(id), drive);
  virt::GuestSpec spec{.id = id, .name = "instance-1", .title = "\u00fc", .vcpus = 3};
  spec.nics = {{.port_id = "p", .tap = "tap1", .mac = "m", .mtu = 1400, .model = "e1000"}};
  spec.image_properties = {{"hw_disk_bus", "scsi"}};
  spec.config_drive = true;
  virt().define(spec);
  EXPECT_EQ(encode(*guests.spec(id)), encode(spec));
  EXPECT_EQ(virt().power(id), Power::shut_off);
  virt().start(id);
  EXPECT_EQ(virt().power(id), Power::running);
  virt().pause(id);
  EXPECT_EQ(virt().power(id), Power::paused);
  virt().unpause(id);
  virt().request_reboot(id);
  virt().reset(id);
  EXPECT_EQ(virt().console_log(id, 100), guests.console_log(id, 100));
  ASSERT_EQ(virt().list().size(), 1u);
  EXPECT_EQ(virt().list()[0].power, Power::running);
  EXPECT_EQ(virt().list_files(), std::vector{id});
  virt().request_shutdown(id);
  EXPECT_EQ(guests.power(id), Power::shut_off);
  virt().start(id);
  virt().power_off(id);
  virt().undefine(id);
  virt().remove_files(id);
  EXPECT_TRUE(virt().list().empty());
  EXPECT_TRUE(virt().list_files().empty());
}

TEST_F(RemoteTest, PortsAndMetadata) {
  net::Port port{.id = "11111111-2222", .network_id = "n", .mac_address = "m"};
  port.fixed_ips = {{"s", "10.0.0.3"}};
  port.allowed_address_pairs = {{"10.0.0.9", "m"}};
  EXPECT_EQ(net().plug(port, 1400), ports.plug(port, 1400));
  EXPECT_EQ(net().list_plugged(), std::vector{port.id});
  net().unplug(port.id);
  EXPECT_TRUE(ports.list_plugged().empty());

  net::Network network{.id = "n", .name = "private", .metadata_port_id = "mp"};
  network.vlan = 7;
  network.subnets = {
      {.id = "s", .cidr = "10.0.0.0/24", .host_routes = {{"10.1.0.0/16", "10.0.0.1"}}}};
  fleet.find("h1")->net.serve_metadata({network});
  ASSERT_EQ(networks.size(), 1u);
  EXPECT_EQ(encode(networks[0]), encode(network));
}

TEST_F(RemoteTest, WhatMayHelpToTryAgainIsTheDriversError) {
  guests.fail_next(virt::Op::start, "no memory left");
  EXPECT_EQ(why<virt::Error>([&] { virt().start("g"); }), "h1: no memory left");
  ports.fail_next(net::FakeOp::unplug, "the switch is away");
  EXPECT_EQ(why<net::Error>([&] { net().unplug("p"); }), "h1: the switch is away");
  hub.set_connected("h1", false);
  EXPECT_EQ(why<virt::Error>([&] { virt().facts(); }), "h1 is not connected");
  EXPECT_EQ(why<net::Error>([&] { net().list_plugged(); }), "h1 is not connected");
  EXPECT_TRUE(fleet.connected().empty());
  hub.set_connected("h1", true);
  EXPECT_NO_THROW(virt().facts());
  EXPECT_EQ(fleet.find("h2"), nullptr);
}

TEST_F(RemoteTest, WhatTheAgentCannotReadIsFinal) {
  const auto ask = [&](const char* method, json::Value body) {
    try {
      controller->call("h1", {method, std::move(body)});
    } catch (const bus::Error& e) {
      return e.kind();
    }
    return bus::Error::Kind::failed;
  };
  EXPECT_EQ(ask("virt.fly", {}), bus::Error::Kind::refused);
  EXPECT_EQ(ask("virt.start", {}), bus::Error::Kind::refused);
  EXPECT_EQ(ask("virt.start", json::Object{{"guest", 5}}), bus::Error::Kind::refused);
  EXPECT_EQ(ask("virt.define", json::Object{{"guest", "g"}, {"spec", json::Object{{"id", "g"}}}}),
            bus::Error::Kind::refused);
  agent->hear({.order = [](const bus::Asked&) -> json::Value {
    throw bus::Error(bus::Error::Kind::refused, "never");
  }});
  EXPECT_EQ(why<Fault>([&] { virt().start("g"); }), "h1: never");
}

TEST_F(RemoteTest, AnOrderThatComesTwiceIsDoneTwiceInARow) {
  std::atomic<int> inside{0}, most{0}, begun{0};
  std::promise<void> go;
  auto may_go = go.get_future().share();
  guests.set_hook([&](virt::Op op, const std::string&) {
    if (op != virt::Op::create_disk) return;
    most = std::max<int>(most, ++inside);
    ++begun;
    may_go.wait();
    --inside;
  });
  const auto order = [&] { virt().create_disk("g", {.id = "i"}, 1); };
  auto first = std::async(std::launch::async, order);
  ASSERT_TRUE(eventually([&] { return begun == 1; }));
  auto second = std::async(std::launch::async, order);
  EXPECT_EQ(virt().power("another"), Power::no_state) << "others do not wait";
  // Nobody waits for the answer any more: neither does the agent.
  EXPECT_THROW(controller->call("h1", {"virt.power", json::Object{{"guest", "g"}}, Duration{}}),
               bus::Error);
  go.set_value();
  first.get();
  second.get();
  EXPECT_EQ(begun, 2);
  EXPECT_EQ(most, 1);
}

TEST_F(RemoteTest, AnOrderThatNobodyWaitsForIsLeftAlone) {
  std::promise<void> go;
  auto may_go = go.get_future().share();
  std::atomic<int> begun{0};
  guests.set_hook([&](virt::Op, const std::string&) {
    ++begun;
    may_go.wait();
  });
  std::atomic<bool> awaited{true};
  const auto ask = [&](bool still) {
    const bus::Asked asked{"controller", "virt.remove_files", json::Object{{"guest", "g"}},
                           clock.steady() + std::chrono::minutes(1),
                           [&, still] { return still || awaited; }};
    try {
      executor.carry_out(asked);
      return true;
    } catch (const bus::Error&) {
      return false;
    }
  };
  auto first = std::async(std::launch::async, ask, true);
  ASSERT_TRUE(eventually([&] { return begun == 1; }));
  auto second = std::async(std::launch::async, ask, false);
  awaited = false;
  go.set_value();
  EXPECT_TRUE(first.get());
  EXPECT_FALSE(second.get());
  EXPECT_EQ(begun, 1);
}

TEST_F(RemoteTest, PowerChangesAreTold) {
  virt().define({.id = "g"});
  virt().start("g");
  std::vector<virt::GuestState> told;
  virt().on_power_change([&](const virt::GuestState& guest) { told.push_back(guest); });
  guests.change_power_by_itself("g", Power::crashed);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].id, "g");
  EXPECT_EQ(told[0].power, Power::crashed);
  // What is not understood hurts nobody.
  agent->tell("controller", "virt.power_changed", "g");
  agent->tell("controller", "weather", {});
  EXPECT_EQ(told.size(), 1u);
}

// Serves bytes as a controller does.
class ImageDownload : public ::testing::Test {
 protected:
  ImageDownload()
      : path(std::filesystem::temp_directory_path() / ("image-" + std::to_string(::getpid()))) {
    front.handler.on_handle = [this](http::Request& request) {
      if (request.headers.get("Authorization") != "Bearer s") return http::Response::empty(401);
      if (request.path != "/agent/v1/images/i") return http::Response::empty(404);
      http::Response response = http::Response::empty(200);
      response.body = bytes;
      return response;
    };
    front.start();
    server = {"http://127.0.0.1:" + std::to_string(front.port), "s", ""};
    image = {.id = "i", .checksum = "ddb8209a374d70e50e84bf12d8c1f955", .size = 1'000'000};
  }
  ~ImageDownload() override { std::filesystem::remove(path); }
  std::string why() {
    try {
      download_image(server, image, path);
    } catch (const virt::Error& e) {
      return e.what();
    }
    return "";
  }

  const std::filesystem::path path;
  std::string bytes = std::string(999'000, '\0') + std::string(1'000, 'x');
  http::test::TestServer front;
  ImageServer server;
  virt::ImageSource image;
};

TEST_F(ImageDownload, BringsTheBytes) {
  ASSERT_EQ(why(), "");
  std::ifstream in(path, std::ios::binary);
  const std::string got{std::istreambuf_iterator<char>(in), {}};
  EXPECT_TRUE(got == bytes);
  struct stat s {};
  ASSERT_EQ(::stat(path.c_str(), &s), 0);
  EXPECT_LT(s.st_blocks * 512, 200'000) << "zeros are holes";
}

TEST_F(ImageDownload, ChecksThem) {
  bytes.back() = 'y';
  EXPECT_EQ(why(), "Image i did not arrive as it was sent.");
  bytes.pop_back();
  EXPECT_EQ(why(), "Image i did not arrive as it was sent.");
  bytes += "xx";
  EXPECT_NE(why(), "") << "more than it should be";
}

TEST_F(ImageDownload, SaysWhatIsWrong) {
  server.secret = "guess";
  EXPECT_NE(why().find("it says 401"), std::string::npos);
  server.secret = "s";
  image.id = "j";
  EXPECT_NE(why().find("it says 404"), std::string::npos);
  front.server.stop();
  EXPECT_NE(why().find("cannot be fetched"), std::string::npos);
}

}  // namespace
}  // namespace haneul::remote
