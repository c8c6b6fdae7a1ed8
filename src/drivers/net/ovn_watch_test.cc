#include "drivers/net/ovn_watch.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/net/ovn_plans.h"
#include "drivers/net/ovn_rows.h"
#include "drivers/net/ovn_tables.h"
#include "drivers/net/ovsdb_stand_in.h"

namespace haneul::net::ovn {
namespace {

using ovsdb::Replica;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

// A northbound database with a network, two ports and their groups, and somebody who watches it.
class OvnWatch : public testing::Test {
 protected:
  OvnWatch()
      : replica_(northbound_tables()),
        stand_in_(replica_),
        watch_(puts_, [this] { hear("mend"); }) {
    replica_.use_schema(ovsdb::northbound_schema());
    put(plan_drop_group(replica_));
    put(plan_network(replica_, {.id = "net"}));
    put(plan_security_group(replica_, {"group", "default", {{.id = "rule"}}}));
    for (const char* id : {"a", "b"}) {
      Port port{.id = id, .network_id = "net", .mac_address = "fa:16:3e:00:00:01"};
      port.security_groups = {"group"};
      put(plan_port(replica_, port));
    }
  }
  ~OvnWatch() override { watch_.stop(); }

  void begin() {
    watch_.on_events({[this](const std::string& id, bool up) { hear(id + (up ? " up" : " down")); },
                      [this](const Object& object) { hear(mark_of(object)); }});
    watch_.start([this](const std::function<void(const Replica&)>& look) {
      const std::lock_guard lock(replica_mutex_);
      look(replica_);
    });
  }
  void put(Plan plan) { told_later_ = stand_in_.run(plan.take()); }
  // As the client does after a message.
  void change(const std::string& operations) {
    const std::lock_guard lock(replica_mutex_);
    watch_.take(stand_in_.run(*json::parse(operations)->array()), replica_);
  }
  void update(const std::string& table, const std::string& name, const std::string& row) {
    change(R"([{"op":"update","table":")" + table + R"(","where":[["_uuid","==",["uuid",")" +
           replica_.find_one(table, name) + R"("]]],"row":)" + row + "}]");
  }
  // By its uuid, for tables without names.
  void drop(const std::string& table, const std::string& uuid) {
    change(R"([{"op":"delete","table":")" + table + R"(","where":[["_uuid","==",["uuid",")" + uuid +
           R"("]]]}])");
  }
  std::string uuid(const std::string& table, const std::string& name) {
    return replica_.find_one(table, name);
  }
  void hear(std::string what) {
    const std::lock_guard lock(heard_mutex_);
    heard_.push_back(std::move(what));
    heard_more_.notify_all();
  }
  // The next things told, in order.
  std::vector<std::string> next(std::size_t count) {
    std::unique_lock lock(heard_mutex_);
    heard_more_.wait_for(lock, std::chrono::seconds(5), [&] { return heard_.size() >= count; });
    return std::exchange(heard_, {});
  }

  std::mutex puts_, replica_mutex_, heard_mutex_;
  std::condition_variable heard_more_;
  std::vector<std::string> heard_;
  std::vector<ovsdb::Change> told_later_;
  Replica replica_;
  ovsdb::StandIn stand_in_;
  Watch watch_;
};

TEST_F(OvnWatch, TellsPortsThatComeUpAndGoDown) {
  watch_.take({}, replica_);
  begin();
  update("Logical_Switch_Port", "a", R"({"up":true})");
  EXPECT_THAT(next(1), ElementsAre("a up"));
  update("Logical_Switch_Port", "a", R"({"up":false})");
  EXPECT_THAT(next(1), ElementsAre("a down"));
}

TEST_F(OvnWatch, TellsAgainWhatWasNotTaken) {
  watch_.take({}, replica_);
  bool full = true;
  watch_.on_events({[&](const std::string& id, bool up) {
                      hear(id + (up ? " up" : " down"));
                      if (std::exchange(full, false)) throw Error("the disk is full");
                    },
                    nullptr});
  watch_.start([this](const std::function<void(const Replica&)>& look) { look(replica_); });
  update("Logical_Switch_Port", "a", R"({"up":true})");
  EXPECT_THAT(next(2), ElementsAre("a up", "a up"));
  watch_.stop();
}

TEST_F(OvnWatch, TellsThePresentStateFirst) {
  watch_.take({}, replica_);
  update("Logical_Switch_Port", "b", R"({"up":true})");
  watch_.start([this](const std::function<void(const Replica&)>& look) { look(replica_); });
  watch_.on_events(
      {[this](const std::string& id, bool up) { hear(id + (up ? " up" : " down")); }, nullptr});
  EXPECT_THAT(next(2), UnorderedElementsAre("a down", "b up"));
}

TEST_F(OvnWatch, TellsWhatOthersChange) {
  watch_.take({}, replica_);
  begin();
  update("Logical_Switch_Port", "a", R"({"addresses":["set",["unknown"]]})");
  EXPECT_THAT(next(1), ElementsAre("port/a"));
  update("Logical_Switch", "neutron-net", R"({"external_ids":["map",[]]})");
  EXPECT_THAT(next(1), ElementsAre("network/net"));
  update("Port_Group", "pg_group", R"({"acls":["set",[]]})");
  EXPECT_THAT(next(1), ElementsAre("security_group/group"));
}

TEST_F(OvnWatch, TellsWhatOthersRemove) {
  watch_.take({}, replica_);
  begin();
  drop("Logical_Switch", uuid("Logical_Switch", "neutron-net"));
  EXPECT_THAT(next(1), ElementsAre("network/net"));
}

TEST_F(OvnWatch, TellsPortsThatOthersTakeOutOfGroups) {
  watch_.take({}, replica_);
  begin();
  change(R"([{"op":"mutate","table":"Port_Group","where":[["_uuid","==",["uuid",")" +
         uuid("Port_Group", "pg_group") +
         R"("]]],"mutations":[["ports","delete",["set",[["uuid",")" +
         uuid("Logical_Switch_Port", "b") + R"("]]]]]}])");
  EXPECT_THAT(next(1), ElementsAre("port/b"));
}

TEST_F(OvnWatch, MendsWhatBelongsToNoObject) {
  watch_.take({}, replica_);
  begin();
  update("Port_Group", "neutron_pg_drop", R"({"acls":["set",[]]})");
  EXPECT_THAT(next(1), ElementsAre("mend"));
}

TEST_F(OvnWatch, KeepsQuietAboutOurOwnDoing) {
  watch_.take({}, replica_);
  begin();
  {
    const std::lock_guard lock(puts_);
    // A removal and a cleared reference, neither of which a seal could explain.
    const std::string acls = R"({"acls":["set",[]]})";
    update("Port_Group", "pg_group", acls);
    drop("Logical_Switch_Port", uuid("Logical_Switch_Port", "a"));
    watch_.settle("security_group/group", {});
    watch_.settle("port/a", {});
  }
  update("Logical_Switch_Port", "b", R"({"type":"virtual"})");
  EXPECT_THAT(next(1), ElementsAre("port/b"));
}

TEST_F(OvnWatch, TakesAnotherWritersSealedRowsForGranted) {
  watch_.take({}, replica_);
  begin();
  Port port{.id = "c", .network_id = "net", .mac_address = "fa:16:3e:00:00:03"};
  Plan plan = plan_port(replica_, port);
  change(json::dump(json::Value(plan.take())));
  update("Logical_Switch_Port", "b", R"({"type":"virtual"})");
  EXPECT_THAT(next(1), ElementsAre("port/b"));
}

TEST_F(OvnWatch, FindsAtTheStartWhatWasChangedBefore) {
  const std::string port = uuid("Logical_Switch_Port", "a");
  std::vector<ovsdb::Change> all;
  for (const auto& id : {port, uuid("Logical_Switch_Port", "b")}) {
    all.push_back({ovsdb::Change::What::inserted, "Logical_Switch_Port", id,
                   *replica_.find("Logical_Switch_Port", id)});
  }
  stand_in_.run(*json::parse(R"([{"op":"update","table":"Logical_Switch_Port",
      "where":[["_uuid","==",["uuid",")" +
                             port + R"("]]],"row":{"enabled":false}}])")
                     ->array());
  watch_.take(all, replica_);
  begin();
  EXPECT_THAT(next(1), ElementsAre("port/a"));
}

}  // namespace
}  // namespace haneul::net::ovn
