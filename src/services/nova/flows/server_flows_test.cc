#include "services/nova/flows/server_flows.h"

#include <set>

#include "services/nova/fixture.h"

namespace haneul::nova {
namespace {

// The process dies once, before or after one step; then another goes on.
class Crashing {
 public:
  void at(std::string step, bool after) { step_ = std::move(step), after_ = after; }
  flow::EngineOptions options() {
    return {.threads = 0, .probe = [this](std::string_view step, bool after) {
              if (step.starts_with("nova.")) seen_.emplace(step);
              if (step_.empty() || step != step_ || after != after_) return;
              step_.clear();
              throw flow::Crash{};
            }};
  }
  const std::set<std::string>& seen() const { return seen_; }
  bool happened() const { return step_.empty(); }

 private:
  std::string step_;
  bool after_ = false;
  std::set<std::string> seen_;
};

class ServerFlows : private Crashing, public NovaTest {
 protected:
  ServerFlows() : NovaTest(Crashing::options()) {}
  using Crashing::at;
  using Crashing::happened;
  using Crashing::seen;

  // Runs until the crash, then as the next process.
  void settle_through_crash() {
    settle();
    EXPECT_TRUE(happened());
    cloud.clock().advance(std::chrono::seconds(1));  // a nap may have been on
    cloud.flows().run();
    settle();
  }
  void remove(const std::string& id) {
    ask("DELETE", "/servers/" + id);
    settle();
    EXPECT_EQ(show(id).status, 404);
    EXPECT_EQ(nova.doctor(), std::vector<std::string>());
    EXPECT_TRUE(net.list_plugged().empty());
  }
};

TEST_F(ServerFlows, ACrashAnywhereWhileBootingIsResumed) {
  for (const char* step : {"plug", "disks", "define", "start"}) {
    for (const bool after : {false, true}) {
      at(fmt::format("nova.boot_server/{}", step), after);
      const std::string id = create("phoenix").text({"server", "id"});
      settle_through_crash();
      EXPECT_EQ(status(id), "ACTIVE") << step << after;
      EXPECT_EQ(driver_of(id).power(id), virt::Power::running);
      EXPECT_EQ(nova.doctor(), std::vector<std::string>());
      remove(id);
    }
  }
}

TEST_F(ServerFlows, ACrashAnywhereWhileDeletingIsResumed) {
  for (const char* step : {"wipe", "forget"}) {
    for (const bool after : {false, true}) {
      const std::string id = boot("phoenix");
      at(fmt::format("nova.delete_server/{}", step), after);
      EXPECT_EQ(ask("DELETE", "/servers/" + id).status, 204);
      settle_through_crash();
      EXPECT_EQ(show(id).status, 404) << step << after;
      EXPECT_EQ(nova.doctor(), std::vector<std::string>());
    }
  }
}

TEST_F(ServerFlows, ACrashAnywhereWhileRebuildingIsResumed) {
  const std::string id = boot("phoenix");
  for (const char* step : {"clear", "disks", "define", "start"}) {
    for (const bool after : {false, true}) {
      at(fmt::format("nova.rebuild_server/{}", step), after);
      EXPECT_EQ(act(id, fmt::format(R"({{"rebuild":{{"imageRef":"{}"}}}})", image)).status, 202);
      settle_through_crash();
      EXPECT_EQ(status(id), "ACTIVE") << step << after;
    }
  }
}

TEST_F(ServerFlows, ACrashAnywhereInAnActionIsResumed) {
  const std::string id = boot("phoenix");
  const std::pair<const char*, const char*> story[] = {{R"({"os-stop":null})", "SHUTOFF"},
                                                       {R"({"os-start":null})", "ACTIVE"},
                                                       {R"({"pause":null})", "PAUSED"},
                                                       {R"({"unpause":null})", "ACTIVE"}};
  for (const bool after : {false, true}) {
    for (const auto& [body, state] : story) {
      at("nova.power_server/act", after);
      EXPECT_EQ(act(id, body).status, 202);
      settle_through_crash();
      EXPECT_EQ(status(id), state) << body << after;
    }
  }
}

TEST_F(ServerFlows, WhatCannotBeBuiltIsTakenBack) {
  std::optional<virt::Op> broken;
  for (virt::FakeDriver* driver : {&one, &two}) {
    driver->set_hook([&](virt::Op op, const std::string&) {
      if (op == broken) throw virt::Error("the host is on fire");
    });
  }
  for (const virt::Op op : {virt::Op::create_disk, virt::Op::define, virt::Op::start}) {
    broken = op;
    const std::string id = create("doomed").text({"server", "id"});
    for (int i = 0; i < 20; ++i) {
      settle();
      cloud.clock().advance(std::chrono::minutes(1));
    }
    const auto shown = show(id);
    EXPECT_EQ(shown.text({"server", "status"}), "ERROR") << virt::op_name(op);
    EXPECT_NE(shown.text({"server", "fault", "message"}).find("the host is on fire"),
              std::string::npos)
        << shown.body;
    EXPECT_TRUE(one.list().empty() && two.list().empty());
    EXPECT_TRUE(one.list_files().empty() && two.list_files().empty());
    EXPECT_EQ(rows("SELECT COUNT(*) FROM placement_allocations"), 0);
    EXPECT_EQ(rows("SELECT COUNT(*) FROM ports WHERE device_owner LIKE 'compute:%'"), 0);
    broken.reset();
    remove(id);
  }
}

// Nothing but a fault of ours starts one, but then it must end, not the process.
TEST_F(ServerFlows, AFlowOfAServerOnNoHostFails) {
  const std::string id = boot("homeless");
  cloud.db().write([&](db::Transaction& tx) {
    tx.execute("UPDATE servers SET host = NULL WHERE id = ?", {id});
    PowerServer stop;
    stop.server_id = id;
    stop.verb = "stop";
    cloud.flows().start(tx, kPowerServer, stop, {subject_of(id)});
  });
  settle();
  EXPECT_EQ(rows("SELECT COUNT(*) FROM flows WHERE program LIKE 'nova.%'"), 0);
  EXPECT_EQ(rows("SELECT COUNT(*) FROM servers WHERE fault LIKE '%on no host%'"), 1);
}

TEST_F(ServerFlows, AHostThatComesBackIsUsedAgain) {
  one.fail_next(virt::Op::create_disk, "busy", 2);
  two.fail_next(virt::Op::create_disk, "busy", 2);
  const std::string id = create("patient").text({"server", "id"});
  for (int i = 0; i < 5; ++i) {
    settle();
    cloud.clock().advance(std::chrono::seconds(10));
  }
  EXPECT_EQ(status(id), "ACTIVE");
}

// Every step may have been done already when the process died before it could say so.
class TwiceTest : public NovaTest {
 protected:
  TwiceTest()
      : parts{cloud.world(), glance, placement, neutron,
              Hosts(cloud.world(), placement, settings)} {
    parts.hosts.add("host-1", {one, net});
    parts.hosts.add("host-2", {two, net});
  }
  template <class P>
  void run_twice(const flow::Program<P>& program, P& p) {
    p.cloud = &parts;
    const std::string request = "req-test";
    const flow::Visit visit{cloud.db(),          1,
                            cloud.clock().now(), cloud.clock().now() + std::chrono::hours(1),
                            cloud.clock().now(), request};
    for (const auto& step : program.steps) {
      (p.*step.run)(visit);
      const auto outcome = (p.*step.run)(visit);
      if (outcome.write()) cloud.db().write(outcome.write());
    }
  }
  const Settings settings;
  Cloud parts;
};

TEST_F(TwiceTest, EveryStepMayBeDoneTwice) {
  const std::string id = boot("double");
  BootServer again;
  again.server_id = id;
  run_twice(kBootServer, again);
  EXPECT_EQ(status(id), "ACTIVE");
  EXPECT_EQ(net.list_plugged().size(), 1u);
  RebuildServer rebuild;
  rebuild.server_id = id;
  run_twice(kRebuildServer, rebuild);
  EXPECT_EQ(status(id), "ACTIVE");
  for (const auto& [verb, state] : std::vector<std::pair<const char*, const char*>>{
           {"pause", "PAUSED"}, {"unpause", "ACTIVE"}, {"reboot", "ACTIVE"}, {"reset", "ACTIVE"}}) {
    PowerServer power;
    power.server_id = id;
    power.verb = verb;
    run_twice(kPowerServer, power);
    EXPECT_EQ(status(id), state) << verb;
  }
  EXPECT_EQ(nova.doctor(), std::vector<std::string>());
  DeleteServer gone;
  gone.server_id = id;
  run_twice(kDeleteServer, gone);
  EXPECT_EQ(show(id).status, 404);
  EXPECT_EQ(nova.doctor(), std::vector<std::string>());
}

}  // namespace
}  // namespace haneul::nova
