#include <algorithm>
#include <set>

#include "services/nova/fixture.h"

namespace haneul::nova {
namespace {

TEST_F(NovaTest, MakesAServerThatRuns) {
  const auto a = create("first");
  ASSERT_EQ(a.status, 202) << a.body;
  const std::string id = a.text({"server", "id"});
  EXPECT_NE(a.text({"server", "adminPass"}), "");
  EXPECT_EQ(*a.headers.find("Location"), "http://cloud.test:5000/compute/v2.1/servers/" + id);
  EXPECT_EQ(status(id), "BUILD");
  settle();
  const auto shown = show(id);
  EXPECT_EQ(shown.text({"server", "status"}), "ACTIVE") << shown.body;
  EXPECT_EQ(number(shown, {"server", "OS-EXT-STS:power_state"}), 1);
  EXPECT_NE(address_of(id), "");
  EXPECT_EQ(driver_of(id).power(id), virt::Power::running);
  EXPECT_EQ(net.list_plugged().size(), 1u);
}

TEST_F(NovaTest, NothingIsLeftOfADeletedServer) {
  const std::string id = boot("short-lived");
  virt::FakeDriver& driver = driver_of(id);
  EXPECT_EQ(ask("DELETE", "/servers/" + id).status, 204);
  settle();
  expect_error(show(id), 404, "itemNotFound", "Instance " + id + " could not be found.");
  EXPECT_TRUE(driver.list().empty());
  EXPECT_TRUE(driver.list_files().empty());
  EXPECT_TRUE(net.list_plugged().empty());
  EXPECT_EQ(rows("SELECT COUNT(*) FROM servers"), 0);
  EXPECT_EQ(rows("SELECT COUNT(*) FROM ports WHERE device_owner LIKE 'compute:%'"), 0);
  EXPECT_EQ(rows("SELECT COUNT(*) FROM placement_allocations"), 0);
  EXPECT_EQ(rows("SELECT SUM(used) FROM quota_usages WHERE service = 'nova'"), 0);
  EXPECT_TRUE(nova.doctor().empty());
}

TEST_F(NovaTest, DeletesAServerThatIsStillBeingBuilt) {
  const std::string id = create("unborn").text({"server", "id"});
  EXPECT_EQ(ask("DELETE", "/servers/" + id).status, 204);
  settle();
  EXPECT_EQ(show(id).status, 404);
  EXPECT_TRUE(nova.doctor().empty());
}

TEST_F(NovaTest, SaysWhyThereIsNoHost) {
  const auto made =
      ask_admin("POST", "/flavors",
                R"({"flavor":{"name":"huge","id":"h","ram":1000000,"vcpus":1,"disk":1}})");
  ASSERT_EQ(made.status, 200) << made.body;
  ASSERT_EQ(ask_admin("PUT", "/os-quota-sets/demo-project", R"({"quota_set":{"ram":-1}})").status,
            200);
  const auto a = ask("POST", "/servers",
                     fmt::format(R"({{"server":{{"name":"big","imageRef":"{}","flavorRef":"h",)"
                                 R"("networks":"none"}}}})",
                                 image));
  ASSERT_EQ(a.status, 202) << a.body;
  const auto shown = show(a.text({"server", "id"}));
  EXPECT_EQ(shown.text({"server", "status"}), "ERROR");
  EXPECT_EQ(shown.text({"server", "fault", "message"}),
            "No valid host was found. Of 2 hosts: 2 without enough MEMORY_MB.");
}

TEST_F(NovaTest, NothingIsDoneToAServerOnNoHost) {
  ASSERT_EQ(ask_admin("PUT", "/os-quota-sets/demo-project", R"({"quota_set":{"ram":-1}})").status,
            200);
  ASSERT_EQ(ask_admin("POST", "/flavors",
                      R"({"flavor":{"name":"huge","id":"h","ram":1000000,"vcpus":1,"disk":1}})")
                .status,
            200);
  const auto made = ask("POST", "/servers",
                        fmt::format(R"({{"server":{{"name":"big","imageRef":"{}","flavorRef":"h",)"
                                    R"("networks":"none"}}}})",
                                    image));
  const std::string id = made.text({"server", "id"});
  ASSERT_EQ(status(id), "ERROR");
  const std::string why = fmt::format("Instance {} is not ready", id);
  expect_error(act(id, R"({"os-stop":null})"), 409, "conflictingRequest", why);
  expect_error(act(id, R"({"reboot":{"type":"HARD"}})"), 409, "conflictingRequest", why);
  ASSERT_EQ(act(id, R"({"os-resetState":{"state":"active"}})", "2.96", "admin").status, 202);
  expect_error(act(id, R"({"pause":null})"), 409, "conflictingRequest", why);
  settle();
  EXPECT_EQ(status(id), "ACTIVE");
  EXPECT_EQ(ask("DELETE", "/servers/" + id).status, 204);
}

TEST_F(NovaTest, MakesSeveralAtOnce) {
  const auto a = create("many", R"(,"min_count":2,"max_count":3,"return_reservation_id":true)");
  ASSERT_EQ(a.status, 202) << a.body;
  const std::string reservation = a.text({"reservation_id"});
  settle();
  const auto list = ask("GET", "/servers/detail?reservation_id=" + reservation);
  EXPECT_EQ(count(list, "servers"), 3u);
  std::set<std::string> names;
  for (const auto& s : *list.json.at({"servers"})->array()) {
    names.insert(*s.at({"name"})->text());
    EXPECT_EQ(*s.at({"status"})->text(), "ACTIVE");
  }
  EXPECT_EQ(names, (std::set<std::string>{"many-1", "many-2", "many-3"}));
}

TEST_F(NovaTest, MakesAsManyAsTheQuotaAllows) {
  const std::string path = "/os-quota-sets/demo-project";
  ASSERT_EQ(ask_admin("PUT", path, R"({"quota_set":{"instances":2}})").status, 200);
  EXPECT_EQ(create("a", R"(,"min_count":1,"max_count":5)").status, 202);
  EXPECT_EQ(rows("SELECT COUNT(*) FROM servers"), 2);
  expect_error(create("b"), 403, "forbidden",
               "Quota exceeded for instances: Requested 1, but already used 2 of 2 instances");
  expect_error(create("c", R"(,"min_count":2,"max_count":1)"), 400, "badRequest", "min_count");
  EXPECT_EQ(rows("SELECT COUNT(*) FROM servers"), 2);
}

TEST_F(NovaTest, AStatusThatIsAskedForOftenIsOne) {
  boot("a");
  std::string query = "?status=ACTIVE";
  for (int i = 0; i < 900; ++i) query += "&status=active";
  EXPECT_EQ(count(ask("GET", "/servers" + query), "servers"), 1u);
}

TEST_F(NovaTest, TooManyFiltersAreABadRequest) {
  std::string tags = "a";
  for (int i = 0; i < 2000; ++i) tags += ",a";
  expect_error(ask("GET", "/servers?tags=" + tags), 400, "badRequest", "too much at once");
}

// What is too much is computed, not tried out one by one in the only write transaction.
TEST_F(NovaTest, AHugeWishCostsNoTime) {
  const std::string path = "/os-quota-sets/demo-project";
  ASSERT_EQ(ask_admin("PUT", path, R"({"quota_set":{"instances":3,"cores":2}})").status, 200);
  EXPECT_EQ(create("a", R"(,"max_count":2147483647)").status, 202);
  EXPECT_EQ(rows("SELECT COUNT(*) FROM servers"), 2);
  expect_error(create("b", R"(,"min_count":1001)"), 400, "badRequest", "min_count must be <= 1000");
}

TEST_F(NovaTest, ListsInPagesAndFilters) {
  for (const char* name : {"a", "b", "c"}) {
    boot(name);
    cloud.clock().advance(std::chrono::seconds(1));
  }
  const auto first = ask("GET", "/servers?limit=2");
  ASSERT_EQ(count(first, "servers"), 2u);
  EXPECT_EQ(*first.json.at({"servers"})->array()->front().at({"name"})->text(), "c");
  const json::Value* link = first.json.at({"servers_links"});
  ASSERT_NE(link, nullptr);
  const std::string href = *link->array()->front().at({"href"})->text();
  const std::string marker = href.substr(href.find("marker=") + 7);
  EXPECT_EQ(count(ask("GET", "/servers?limit=2&marker=" + marker), "servers"), 1u);
  EXPECT_EQ(count(ask("GET", "/servers?name=^b$"), "servers"), 1u);
  EXPECT_EQ(count(ask("GET", "/servers?status=ACTIVE"), "servers"), 3u);
  EXPECT_EQ(count(ask("GET", "/servers?status=shutoff"), "servers"), 0u);
  const auto detail = ask("GET", "/servers/detail?name=^b$");
  const auto& networks = *detail.json.at({"servers"})->array()->front().at({"addresses"})->object();
  const std::string address = *networks.begin()->value.array()->front().at({"addr"})->text();
  EXPECT_EQ(count(ask("GET", "/servers?ip=" + address + "$"), "servers"), 1u);
  EXPECT_EQ(count(ask("GET", "/servers?ip=" + address.substr(0, 3)), "servers"), 3u);
  for (const char* other : {"ip=fixed", "ip=fa:16", "ip6=1", "ip=.*/"}) {
    EXPECT_EQ(count(ask("GET", std::string("/servers?") + other), "servers"), 0u) << other;
  }
  expect_error(ask("GET", "/servers?ip=("), 400, "badRequest", "Invalid regular expression");
  expect_error(ask("GET", "/servers?marker=nobody"), 400, "badRequest",
               "marker [nobody] not found");
  expect_error(ask("GET", "/servers?limit=-1"), 400, "badRequest", "limit");
  expect_error(ask("GET", "/servers?sort_key=shoe_size"), 400, "badRequest", "sort_key");
  expect_error(ask("GET", "/servers?sort_dir=up&sort_key=uuid"), 400, "badRequest", "sort_dir");
  expect_error(ask("GET", "/servers?changes-since=soon"), 400, "badRequest", "changes-since");
}

TEST_F(NovaTest, KeepsProjectsApart) {
  const std::string id = boot("mine");
  EXPECT_EQ(show(id, "2.96", "other").status, 404);
  EXPECT_EQ(count(ask("GET", "/servers", {}, "2.96", "other"), "servers"), 0u);
  EXPECT_EQ(ask("DELETE", "/servers/" + id, {}, "2.96", "other").status, 404);
  EXPECT_EQ(ask("DELETE", "/servers/" + id, {}, "2.96", "reader").status, 403);
  EXPECT_EQ(ask("GET", "/servers?all_tenants=1").status, 403);
  EXPECT_EQ(count(ask_admin("GET", "/servers?all_tenants=1"), "servers"), 1u);
  EXPECT_EQ(ask("GET", "/servers", {}, "2.96", "").status, 401);
}

TEST_F(NovaTest, RunsActions) {
  const std::string id = boot("actor");
  const std::pair<const char*, const char*> story[] = {{R"({"os-stop":null})", "SHUTOFF"},
                                                       {R"({"os-start":null})", "ACTIVE"},
                                                       {R"({"pause":null})", "PAUSED"},
                                                       {R"({"unpause":null})", "ACTIVE"},
                                                       {R"({"reboot":{"type":"SOFT"}})", "ACTIVE"},
                                                       {R"({"reboot":{"type":"HARD"}})", "ACTIVE"}};
  for (const auto& [body, state] : story) {
    EXPECT_EQ(act(id, body).status, 202) << body;
    settle();
    EXPECT_EQ(status(id), state) << body;
  }
}

TEST_F(NovaTest, RefusesActionsInTheWrongState) {
  const std::string id = boot("actor");
  expect_error(act(id, R"({"os-start":null})"), 409, "conflictingRequest",
               "Cannot 'start' instance " + id + " while it is in vm_state active");
  EXPECT_EQ(act(id, R"({"os-stop":null})").status, 202);
  expect_error(act(id, R"({"os-stop":null})"), 409, "conflictingRequest",
               "while it is in task_state powering-off");
  settle();
  expect_error(act(id, R"({"unpause":null})"), 409, "conflictingRequest", "'unpause'");
  EXPECT_EQ(act(id, R"({"lock":null})", "2.96", "admin").status, 202);
  expect_error(act(id, R"({"os-start":null})"), 409, "conflictingRequest", "is locked");
  EXPECT_EQ(act(id, R"({"os-start":null})", "2.96", "admin").status, 202);
}

TEST_F(NovaTest, ForcesAGuestThatDoesNotListen) {
  const std::string id = boot("deaf");
  driver_of(id).set_deaf(true);
  act(id, R"({"os-stop":null})");
  settle();
  EXPECT_EQ(show(id).text({"server", "OS-EXT-STS:task_state"}), "powering-off");
  for (int i = 0; i < 130; ++i) {
    cloud.clock().advance(std::chrono::milliseconds(500));
    settle();
  }
  EXPECT_EQ(status(id), "SHUTOFF");
}

TEST_F(NovaTest, Rebuilds) {
  const std::string id = boot("old");
  const auto a = act(id, fmt::format(R"({{"rebuild":{{"imageRef":"{}","name":"new",)"
                                     R"("metadata":{{"k":"v"}},"adminPass":"secret"}}}})",
                                     image));
  ASSERT_EQ(a.status, 202) << a.body;
  EXPECT_EQ(a.text({"server", "status"}), "REBUILD");
  EXPECT_EQ(a.text({"server", "adminPass"}), "secret");
  const std::string address = address_of(id);
  settle();
  const auto shown = show(id);
  EXPECT_EQ(shown.text({"server", "status"}), "ACTIVE");
  EXPECT_EQ(shown.text({"server", "name"}), "new");
  EXPECT_EQ(shown.text({"server", "metadata", "k"}), "v");
  EXPECT_EQ(address_of(id), address);
  act(id, R"({"os-stop":null})");
  settle();
  EXPECT_EQ(act(id, fmt::format(R"({{"rebuild":{{"imageRef":"{}"}}}})", image)).status, 202);
  settle();
  EXPECT_EQ(status(id), "SHUTOFF");
  expect_error(act(id, R"({"rebuild":{"imageRef":"x"}})"), 400, "badRequest", "imageRef");
  expect_error(act(id, R"({"rebuild":{}})"), 400, "badRequest", "imageRef");
  expect_error(
      act(id, R"({"rebuild":{"imageRef":"00000000-0000-0000-0000-000000000000","shoe":1}})"), 400,
      "badRequest", "shoe");
}

TEST_F(NovaTest, ShowsTheConsole) {
  const std::string id = boot("talker");
  const auto a = act(id, R"({"os-getConsoleOutput":{"length":2}})");
  EXPECT_EQ(a.status, 200) << a.body;
  const std::string text = a.text({"output"});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
}

TEST_F(NovaTest, FollowsGuestsThatSwitchThemselvesOff) {
  const std::string id = boot("moody");
  driver_of(id).change_power_by_itself(id, virt::Power::shut_off);
  const auto shown = show(id);
  EXPECT_EQ(shown.text({"server", "status"}), "SHUTOFF");
  EXPECT_EQ(number(shown, {"server", "OS-EXT-STS:power_state"}), 4);
  EXPECT_TRUE(shown.json.at({"server", "OS-EXT-STS:task_state"})->is_null());
}

TEST_F(NovaTest, StopsAGuestThatSomebodyElseStarted) {
  const std::string id = boot("moody");
  act(id, R"({"os-stop":null})");
  settle();
  driver_of(id).start(id);
  nova.start();
  EXPECT_EQ(show(id).text({"server", "OS-EXT-STS:task_state"}), "powering-off");
  settle();
  EXPECT_EQ(driver_of(id).power(id), virt::Power::shut_off);
  EXPECT_EQ(status(id), "SHUTOFF");
}

TEST_F(NovaTest, TheDoctorSeesWhatDoesNotFit) {
  const std::string id = boot("patient");
  EXPECT_EQ(nova.doctor(), std::vector<std::string>());
  driver_of(id).undefine(id);
  one.define({.id = "00000000-0000-0000-0000-000000000001"});
  cloud.db().write([](db::Transaction& tx) {
    tx.execute("UPDATE quota_usages SET used = used + 1 WHERE resource = 'cores'");
    tx.execute(
        "UPDATE placement_inventories SET used = used + 64 WHERE resource_class ="
        " 'MEMORY_MB' AND used > 0");
  });
  const auto found = nova.doctor();
  const auto says = [&](std::string_view part) {
    return std::any_of(found.begin(), found.end(), [&](const std::string& line) {
      return line.find(part) != std::string::npos;
    });
  };
  EXPECT_EQ(found.size(), 5u) << fmt::format("{}", fmt::join(found, "\n"));
  EXPECT_TRUE(says("has a guest 00000000-0000-0000-0000-000000000001 that no server knows"));
  EXPECT_TRUE(says("keeps files of 00000000-0000-0000-0000-000000000001"));
  EXPECT_TRUE(says("keeps files of 00000000-0000-0000-0000-000000000001"));
  EXPECT_TRUE(says("(patient) is active but host"));
  EXPECT_TRUE(says("128 MEMORY_MB allocated, but its servers need 64"));
  EXPECT_TRUE(says("is charged 2 of cores, but its servers have 1"));
}

}  // namespace
}  // namespace haneul::nova
