// Hosts whose drivers are in agents: they come and go.
#include "bus/local_bus.h"
#include "drivers/remote/executor.h"
#include "drivers/remote/shapes.h"
#include "services/nova/fixture.h"

namespace haneul::nova {
namespace {

// A cloud without hosts of its own and one agent, of host h1, that is not there yet.
class AgentTest : public ::testing::Test {
 protected:
  AgentTest() {
    const std::vector<const resource::Service*> services{&placement.service(), &glance.service(),
                                                         &neutron.service(), &nova.service()};
    for (const auto* s : services) cloud.migrate(s->migrations());
    cloud.open(services);
    controller->hear({.order = [](const bus::Asked&) { return json::Value(); },
                      .event = [this](const bus::Told& told) { fleet.take(told); },
                      .changed = [this](const std::string& node) { fleet.changed(node); }});
    glance.start();
    neutron.start();
    nova.start();
    nova.bootstrap();
    add_image();
    guests.on_power_change([this](const virt::GuestState& guest) {
      if (agent) agent->tell("controller", "virt.power_changed", remote::encode(guest));
    });
  }
  void connect() {
    if (!agent) agent = hub.join("h1");
    agent->hear({.order = [this](const bus::Asked& asked) { return executor.carry_out(asked); },
                 .event = [](const bus::Told&) {},
                 .changed = [](const std::string&) {}});
    hub.set_connected("h1", true);
  }
  void disconnect() { hub.set_connected("h1", false); }
  void add_image() {
    const auto file = directory.path() / "image";
    std::ofstream(file) << std::string(1024, 'x');
    image = glance.import_file(file, {.name = "cirros", .disk_format = "raw", .owner = "p"});
  }
  std::string boot() {
    const auto body = json::dump(json::Object{
        {"server",
         json::Object{
             {"name", "s"}, {"imageRef", image}, {"flavorRef", "42"}, {"networks", "none"}}}});
    const auto answer = cloud.request("POST", "/compute/v2.1/servers", "member", body, kVersion);
    EXPECT_EQ(answer.status, 202) << answer.body;
    return answer.text({"server", "id"});
  }
  Answer show(const std::string& id) {
    return cloud.request("GET", "/compute/v2.1/servers/" + id, "member", {}, kVersion);
  }
  std::string service(const char* member) {
    const auto answer = cloud.request("GET", "/compute/v2.1/os-services", "admin");
    const auto& all = *answer.json.at({"services"})->array();
    return all.size() == 1 ? *all[0].at({member})->text() : "not one service";
  }

  const std::vector<std::pair<std::string, std::string>> kVersion{
      {"OpenStack-API-Version", "compute 2.93"}};
  TemporaryDirectory directory;
  resource::TestCloud cloud;
  bus::LocalHub hub{cloud.clock()};
  std::unique_ptr<bus::Bus> controller = hub.join("controller"), agent;
  remote::Fleet fleet{*controller};
  net::FakeDriver net{{.synchronous_events = true}};
  virt::FakeDriver guests{virt::fake_host_facts("h1")};
  net::FakeDriver ports;
  remote::Executor executor{{.virt = guests,
                             .net = ports,
                             .fetch = [](const virt::ImageSource&, const std::string&) {},
                             .serve_metadata = [](const std::vector<net::Network>&) {}},
                            cloud.clock()};
  placement::Placement placement{cloud.world()};
  glance::Glance glance{cloud.world(), {.directory = directory.path() / "glance"}};
  neutron::Neutron neutron{cloud.world(), net};
  Nova nova{cloud.world(), glance, placement, neutron, {{}, net, &fleet}};
  std::string image;
};

TEST_F(AgentTest, AHostIsThereWhenItsAgentIs) {
  const auto refused = show(boot());
  EXPECT_EQ(refused.text({"server", "status"}), "ERROR");
  connect();
  EXPECT_EQ(service("state"), "up");
  const auto id = boot();
  cloud.flows().run_until_idle();
  EXPECT_EQ(show(id).text({"server", "status"}), "ACTIVE");
  EXPECT_EQ(guests.power(id), virt::Power::running);
  EXPECT_TRUE(nova.doctor().empty());
}

TEST_F(AgentTest, AGoneHostIsNotScheduledTo) {
  connect();
  disconnect();
  EXPECT_EQ(service("state"), "down");
  const auto server = show(boot());
  EXPECT_EQ(server.text({"server", "status"}), "ERROR");
  EXPECT_EQ(server.text({"server", "fault", "message"}),
            "No valid host was found. Of 1 hosts: 1 dropped by ComputeFilter (its agent is not "
            "connected).");
}

TEST_F(AgentTest, UpdatedAtFollowsSignsOfLife) {
  connect();
  const auto before = service("updated_at");
  cloud.clock().advance(std::chrono::seconds(5));
  fleet.find("h1")->virt.facts();
  const auto after = service("updated_at");
  EXPECT_LT(before, after);
  disconnect();
  cloud.clock().advance(std::chrono::hours(1));
  EXPECT_EQ(service("updated_at"), after) << "and stays when the agent is gone";
}

TEST_F(AgentTest, WhatWaitsForAHostGoesOnWhenItComesBack) {
  connect();
  const auto id = boot();
  disconnect();
  cloud.flows().run_until_idle();
  EXPECT_EQ(show(id).text({"server", "status"}), "BUILD");
  connect();
  cloud.flows().run_until_idle();
  EXPECT_EQ(show(id).text({"server", "status"}), "ACTIVE");
}

TEST_F(AgentTest, RowsFollowWhatHappenedMeanwhile) {
  connect();
  const auto id = boot();
  cloud.flows().run_until_idle();
  guests.change_power_by_itself(id, virt::Power::shut_off);
  EXPECT_EQ(show(id).text({"server", "status"}), "SHUTOFF");
  const auto other = boot();
  cloud.flows().run_until_idle();
  disconnect();
  guests.change_power_by_itself(other, virt::Power::shut_off);
  EXPECT_EQ(show(other).text({"server", "status"}), "ACTIVE") << "nobody could say so";
  EXPECT_EQ(nova.doctor(),
            std::vector<std::string>{"Host h1 has 2 servers but no agent of it is connected."});
  connect();
  EXPECT_EQ(show(other).text({"server", "status"}), "SHUTOFF");
  EXPECT_TRUE(nova.doctor().empty());
}

TEST_F(AgentTest, AConsoleOutOfReachIsNoServerError) {
  connect();
  const auto id = boot();
  cloud.flows().run_until_idle();
  disconnect();
  const auto answer = cloud.request("POST", "/compute/v2.1/servers/" + id + "/action", "member",
                                    R"({"os-getConsoleOutput":{}})");
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.body.find("h1 is not connected"), std::string::npos) << answer.body;
}

}  // namespace
}  // namespace haneul::nova
