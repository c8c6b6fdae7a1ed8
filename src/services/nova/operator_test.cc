#include "services/nova/fixture.h"

namespace haneul::nova {
namespace {

const json::Value& first(const Answer& a, std::string_view plural) {
  static const json::Value kNone;
  const json::Value* list = a.json.at({plural});
  return list && list->array() && !list->array()->empty() ? list->array()->front() : kNone;
}

TEST_F(NovaTest, ShowsAndSetsQuotas) {
  const std::string path = "/os-quota-sets/demo-project";
  const auto old = ask("GET", path, {}, "2.1");
  EXPECT_EQ(number(old, {"quota_set", "cores"}), 20);
  EXPECT_EQ(number(old, {"quota_set", "floating_ips"}), -1);
  EXPECT_EQ(old.text({"quota_set", "id"}), "demo-project");
  const auto now = ask("GET", path);
  EXPECT_EQ(now.json.at({"quota_set", "floating_ips"}), nullptr);
  EXPECT_EQ(now.json.at({"quota_set", "injected_files"}), nullptr);
  boot("user");
  EXPECT_EQ(number(ask("GET", path + "/detail"), {"quota_set", "ram", "in_use"}), 64);
  EXPECT_EQ(ask("PUT", path, R"({"quota_set":{"cores":1}})").status, 403);
  EXPECT_EQ(ask("GET", "/os-quota-sets/other-project").status, 403);
  const auto set = ask_admin("PUT", path, R"({"quota_set":{"cores":"7","ram":-1}})");
  EXPECT_EQ(number(set, {"quota_set", "cores"}), 7);
  EXPECT_EQ(set.json.at({"quota_set", "id"}), nullptr);
  expect_error(ask_admin("PUT", path, R"({"quota_set":{"instances":0}})"), 400, "badRequest",
               "Quota limit 0 for instances must be greater than or equal to already used and "
               "reserved 1.");
  EXPECT_EQ(ask_admin("PUT", path, R"({"quota_set":{"instances":0,"force":true}})").status, 200);
  expect_error(ask_admin("PUT", path, R"({"quota_set":{"shoes":1}})"), 400, "badRequest", "shoes");
  expect_error(ask_admin("PUT", path, R"({"quota_set":{"cores":-2}})"), 400, "badRequest", "cores");
  EXPECT_EQ(ask_admin("DELETE", path).status, 202);
  EXPECT_EQ(number(ask("GET", path), {"quota_set", "cores"}), 20);
}

TEST_F(NovaTest, SetsQuotasOfEverybody) {
  const std::string path = "/os-quota-class-sets/default";
  EXPECT_EQ(number(ask_admin("PUT", path, R"({"quota_class_set":{"instances":1}})"),
                   {"quota_class_set", "instances"}),
            1);
  EXPECT_EQ(number(ask("GET", "/os-quota-sets/demo-project/defaults"), {"quota_set", "instances"}),
            1);
  boot("only");
  EXPECT_EQ(create("second").status, 403);
  ask_admin("PUT", "/os-quota-sets/demo-project", R"({"quota_set":{"instances":2}})");
  EXPECT_EQ(create("second").status, 202);
}

TEST_F(NovaTest, ShowsLimits) {
  boot("user");
  const auto old = ask("GET", "/limits", {}, "2.1");
  EXPECT_EQ(number(old, {"limits", "absolute", "maxTotalCores"}), 20);
  EXPECT_EQ(number(old, {"limits", "absolute", "totalCoresUsed"}), 1);
  EXPECT_EQ(number(old, {"limits", "absolute", "maxImageMeta"}), 128);
  EXPECT_EQ(ask("GET", "/limits").json.at({"limits", "absolute", "maxImageMeta"}), nullptr);
  EXPECT_EQ(ask("GET", "/limits?tenant_id=other-project").status, 403);
  EXPECT_EQ(number(ask_admin("GET", "/limits?tenant_id=demo-project"),
                   {"limits", "absolute", "totalRAMUsed"}),
            64);
  EXPECT_EQ(ask("GET", "/limits?shoe=1").status, 400);
}

TEST_F(NovaTest, ListsHypervisors) {
  const std::string id = boot("guest");
  EXPECT_EQ(ask("GET", "/os-hypervisors").status, 403);
  const auto list = ask_admin("GET", "/os-hypervisors/detail", {}, "2.87");
  ASSERT_EQ(count(list, "hypervisors"), 2u) << list.body;
  const auto all = ask_admin("GET", "/os-hypervisors?with_servers=true");
  std::size_t guests = 0;
  for (const auto& h : *all.json.at({"hypervisors"})->array()) {
    guests += h.at({"servers"})->array()->size();
  }
  EXPECT_EQ(guests, 1u);
  const std::string path =
      "/os-hypervisors/" +
      *first(ask_admin("GET", "/os-hypervisors?hypervisor_hostname_pattern=" + host_of(id)),
             "hypervisors")
           .at({"id"})
           ->text();
  const auto before = ask_admin("GET", path, {}, "2.87");
  EXPECT_EQ(number(before, {"hypervisor", "vcpus_used"}), 1);
  EXPECT_EQ(number(before, {"hypervisor", "memory_mb_used"}), 512 + 64);
  EXPECT_EQ(number(before, {"hypervisor", "running_vms"}), 1);
  EXPECT_NE(before.json.at({"hypervisor", "cpu_info", "topology"}), nullptr);
  const auto since = ask_admin("GET", path);
  EXPECT_EQ(since.json.at({"hypervisor", "vcpus"}), nullptr);
  EXPECT_NE(since.text({"hypervisor", "uptime"}).find("load average"), std::string::npos);
  EXPECT_TRUE(
      ask_admin("GET", "/os-hypervisors/1", {}, "2.1").json.at({"hypervisor", "cpu_info"})->text());
  EXPECT_EQ(number(ask_admin("GET", "/os-hypervisors/statistics", {}, "2.87"),
                   {"hypervisor_statistics", "count"}),
            2);
  EXPECT_EQ(ask_admin("GET", "/os-hypervisors/statistics").status, 404);
  EXPECT_EQ(ask_admin("GET", "/os-hypervisors/1").status, 400);
  EXPECT_EQ(ask_admin("GET", "/os-hypervisors/99", {}, "2.1").status, 404);
  EXPECT_EQ(ask_admin("GET", "/os-hypervisors/host/search", {}, "2.1").status, 200);
  EXPECT_EQ(ask_admin("GET", "/os-hypervisors?hypervisor_hostname_pattern=shoe").status, 404);
  const auto page = ask_admin("GET", "/os-hypervisors?limit=1");
  EXPECT_EQ(count(page, "hypervisors"), 1u);
  EXPECT_EQ(count(page, "hypervisors_links"), 1u);
}

TEST_F(NovaTest, TakesHostsOutOfUse) {
  const auto list = ask_admin("GET", "/os-services?binary=nova-compute");
  ASSERT_EQ(count(list, "services"), 2u) << list.body;
  for (const auto& s : *list.json.at({"services"})->array()) {
    EXPECT_EQ(ask_admin("PUT", "/os-services/" + *s.at({"id"})->text(),
                        R"({"status":"disabled","disabled_reason":"broken"})")
                  .status,
              200);
  }
  const std::string id = create("homeless").text({"server", "id"});
  EXPECT_EQ(show(id).text({"server", "fault", "message"}),
            "No valid host was found. Of 2 hosts: 2 dropped by ComputeFilter (disabled).");
  EXPECT_EQ(*first(ask_admin("GET", "/os-services"), "services").at({"disabled_reason"})->text(),
            "broken");
  const auto old = ask_admin("PUT", "/os-services/enable",
                             R"({"host":"host-1","binary":"nova-compute"})", "2.1");
  EXPECT_EQ(old.text({"service", "status"}), "enabled") << old.body;
  EXPECT_EQ(host_of(boot("housed")), "host-1");
  expect_error(ask_admin("PUT", "/os-services/enable",
                         R"({"host":"nobody","binary":"nova-compute"})", "2.1"),
               404, "itemNotFound", "Could not find binary nova-compute on host nobody.");
  EXPECT_EQ(ask_admin("PUT", "/os-services/enable", "{}", "2.1").status, 400);
  EXPECT_EQ(ask_admin("PUT", "/os-services/x", "{}").status, 400);
  EXPECT_EQ(ask_admin("DELETE", "/os-services/1", {}, "2.1").status, 409);
  EXPECT_EQ(ask_admin("DELETE", "/os-services/2", {}, "2.1").status, 204);
  EXPECT_EQ(count(ask_admin("GET", "/os-services"), "services"), 1u);
}

TEST_F(NovaTest, PutsHostsIntoZones) {
  const auto made = ask_admin("POST", "/os-aggregates",
                              R"({"aggregate":{"name":"fast","availability_zone":"ssd"}})");
  ASSERT_EQ(made.status, 200) << made.body;
  const std::string path = fmt::format("/os-aggregates/{}", number(made, {"aggregate", "id"}));
  EXPECT_EQ(made.json.at({"aggregate", "hosts"}), nullptr);
  const auto added = ask_admin("POST", path + "/action", R"({"add_host":{"host":"host-2"}})");
  EXPECT_EQ(*added.json.at({"aggregate", "hosts"})->array()->front().text(), "host-2");
  EXPECT_EQ(count(ask("GET", "/os-availability-zone"), "availabilityZoneInfo"), 2u);
  EXPECT_NE(ask_admin("GET", "/os-availability-zone/detail").body.find("nova-compute"),
            std::string::npos);
  const std::string id = boot("fast", R"(,"availability_zone":"ssd")");
  EXPECT_EQ(host_of(id), "host-2");
  EXPECT_EQ(show(id).text({"server", "OS-EXT-AZ:availability_zone"}), "ssd");
  EXPECT_EQ(show(id).text({"server", "pinned_availability_zone"}), "ssd");
  expect_error(create("x", R"(,"availability_zone":"moon")"), 400, "badRequest",
               "The requested availability zone is not available");
  expect_error(ask_admin("POST", path + "/action", R"({"add_host":{"host":"host-2"}})"), 409,
               "conflictingRequest", "already has host");
  expect_error(ask_admin("POST", path + "/action", R"({"add_host":{"host":"host-9"}})"), 404,
               "itemNotFound", "Compute host host-9 could not be found.");
  expect_error(ask_admin("POST", path + "/action", R"({"remove_host":{"host":"host-2"}})"), 409,
               "conflictingRequest", "already has 1 instance(s)");
  expect_error(ask_admin("DELETE", path), 400, "badRequest", "not empty");
  expect_error(ask_admin("POST", "/os-aggregates", R"({"aggregate":{"name":"fast"}})"), 409,
               "conflictingRequest", "Aggregate fast already exists.");
  const auto set =
      ask_admin("POST", path + "/action", R"({"set_metadata":{"metadata":{"a":"b"}}})");
  EXPECT_EQ(set.text({"aggregate", "metadata", "a"}), "b");
  ask("DELETE", "/servers/" + id);
  settle();
  EXPECT_EQ(ask_admin("POST", path + "/action", R"({"remove_host":{"host":"host-2"}})").status,
            200);
  EXPECT_EQ(ask_admin("DELETE", path).status, 200);
  EXPECT_EQ(count(ask("GET", "/os-availability-zone"), "availabilityZoneInfo"), 1u);
}

TEST_F(NovaTest, KeepsServersOfAGroupApart) {
  const auto made =
      ask("POST", "/os-server-groups", R"({"server_group":{"name":"g","policy":"anti-affinity"}})");
  ASSERT_EQ(made.status, 200) << made.body;
  const std::string group = made.text({"server_group", "id"});
  const auto hinted = [&](const char* name) {
    const std::string body = body_of(name);
    return ask("POST", "/servers",
               fmt::format(R"({},"os:scheduler_hints":{{"group":"{}"}}}})",
                           body.substr(0, body.size() - 1), group));
  };
  const std::string a = hinted("a").text({"server", "id"});
  const std::string b = hinted("b").text({"server", "id"});
  settle();
  EXPECT_NE(host_of(a), host_of(b));
  const auto third = hinted("c");
  EXPECT_NE(show(third.text({"server", "id"}))
                .text({"server", "fault", "message"})
                .find("2 dropped by ServerGroupAntiAffinityFilter"),
            std::string::npos);
  EXPECT_EQ(*show(a).json.at({"server", "server_groups"})->array()->front().text(), group);
  const auto shown = ask("GET", "/os-server-groups/" + group);
  EXPECT_EQ(shown.json.at({"server_group", "members"})->array()->size(), 3u);
  EXPECT_EQ(*first(ask("GET", "/os-server-groups", {}, "2.1"), "server_groups")
                 .at({"policies"})
                 ->array()
                 ->front()
                 .text(),
            "anti-affinity");
  EXPECT_EQ(ask("GET", "/os-server-groups/" + group, {}, "2.96", "other").status, 404);
  EXPECT_EQ(number(ask("GET", "/limits"), {"limits", "absolute", "totalServerGroupsUsed"}), 1);
  ask("DELETE", "/servers/" + a);
  settle();
  EXPECT_EQ(ask("GET", "/os-server-groups/" + group)
                .json.at({"server_group", "members"})
                ->array()
                ->size(),
            2u);
  EXPECT_EQ(ask("DELETE", "/os-server-groups/" + group).status, 204);
  expect_error(ask("GET", "/os-server-groups/" + group), 404, "itemNotFound", "Instance group");
  expect_error(hinted("d"), 400, "badRequest", "Instance group");
  expect_error(ask("POST", "/os-server-groups", R"({"server_group":{"name":"g"}})"), 400,
               "badRequest", "policy");
  EXPECT_EQ(ask("POST", "/os-server-groups",
                R"({"server_group":{"name":"g","policies":["soft-affinity"]}})", "2.1")
                .status,
            400);
}

TEST_F(NovaTest, RemembersWhoAskedForWhat) {
  const std::string id = boot("actor");
  const auto stopped = act(id, R"({"os-stop":null})");
  settle();
  const std::string path = "/servers/" + id + "/os-instance-actions";
  const auto list = ask("GET", path);
  ASSERT_EQ(count(list, "instanceActions"), 2u) << list.body;
  EXPECT_EQ(*first(list, "instanceActions").at({"action"})->text(), "stop");
  const std::string request = *stopped.headers.find("X-Openstack-Request-Id");
  const auto one_action = ask("GET", path + "/" + request);
  EXPECT_EQ(one_action.text({"instanceAction", "user_id"}), "demo-user") << one_action.body;
  EXPECT_EQ(
      *one_action.json.at({"instanceAction", "events"})->array()->front().at({"event"})->text(),
      "compute_stop_instance");
  EXPECT_EQ(count(ask("GET", path + "?limit=1"), "instanceActions"), 1u);
  EXPECT_EQ(ask("GET", path + "?marker=nobody").status, 400);
  EXPECT_EQ(ask("GET", path + "/nobody").status, 404);
  EXPECT_EQ(ask("GET", path, {}, "2.96", "other").status, 404);
  ask("DELETE", "/servers/" + id);
  settle();
  EXPECT_EQ(count(ask("GET", path), "instanceActions"), 3u);
  EXPECT_EQ(ask("GET", path, {}, "2.1").status, 404);
}

TEST_F(NovaTest, CountsHours) {
  const std::string id = boot("user");
  cloud.clock().advance(std::chrono::hours(2));
  const std::string path = "/os-simple-tenant-usage/demo-project?start=2025-12-01T00:00:00";
  const auto running = ask("GET", path);
  ASSERT_NE(running.json.at({"tenant_usage", "total_hours"}), nullptr) << running.body;
  EXPECT_DOUBLE_EQ(*running.json.at({"tenant_usage", "total_hours"})->number(), 2.0);
  ask("DELETE", "/servers/" + id);
  settle();
  cloud.clock().advance(std::chrono::hours(3));
  const auto gone = ask("GET", path);
  EXPECT_DOUBLE_EQ(*gone.json.at({"tenant_usage", "total_memory_mb_usage"})->number(), 128.0)
      << gone.body;
  EXPECT_EQ(count(ask_admin("GET", "/os-simple-tenant-usage?start=2025-12-01T00:00:00&detailed=1"),
                  "tenant_usages"),
            1u);
  EXPECT_EQ(ask("GET", "/os-simple-tenant-usage").status, 403);
  EXPECT_EQ(ask("GET", "/os-simple-tenant-usage/demo-project").status, 200) << "no time at all";
  expect_error(ask("GET", "/os-simple-tenant-usage/demo-project?start=soon"), 400, "badRequest",
               "Datetime is in invalid format");
}

TEST_F(NovaTest, ShowsPartsOfAServer) {
  const std::string id = boot("whole"), path = "/servers/" + id;
  const auto list = ask("GET", path + "/os-interface");
  const json::Value& interface = first(list, "interfaceAttachments");
  ASSERT_NE(interface.at({"port_id"}), nullptr) << list.body;
  EXPECT_EQ(*interface.at({"net_id"})->text(), network);
  EXPECT_EQ(ask("GET", path + "/os-interface/" + *interface.at({"port_id"})->text()).status, 200);
  EXPECT_EQ(ask("GET", path + "/os-interface/shoe").status, 404);
  expect_error(ask("POST", path + "/os-interface", R"({"interfaceAttachment":{}})"), 400,
               "badRequest", "Attaching interfaces is not supported");
  EXPECT_EQ(ask("DELETE", path + "/os-interface/shoe").status, 501);
  const auto groups = ask("GET", path + "/os-security-groups");
  const json::Value& group = first(groups, "security_groups");
  ASSERT_NE(group.at({"name"}), nullptr);
  EXPECT_EQ(*group.at({"name"})->text(), "default");
  const json::Value& rule = group.at({"rules"})->array()->front();
  EXPECT_EQ(*rule.at({"group", "name"})->text(), "default");
  expect_error(act(id, R"({"changePassword":{"adminPass":"x"}})"), 409, "conflictingRequest",
               "QEMU guest agent is not enabled");
  EXPECT_EQ(count(ask("GET", path + "/os-volume_attachments"), "volumeAttachments"), 0u);
  EXPECT_EQ(count(ask_admin("GET", "/os-migrations"), "migrations"), 0u);
  EXPECT_EQ(count(ask("GET", path + "/topology"), "nodes"), 0u);
  EXPECT_EQ(ask("GET", path + "/topology", {}, "2.77").status, 404);
}

TEST_F(NovaTest, ListsExtensions) {
  EXPECT_EQ(count(ask("GET", "/extensions"), "extensions"), 99u);
  EXPECT_EQ(ask("GET", "/extensions/os-server-groups").text({"extension", "name"}), "ServerGroups");
  EXPECT_EQ(ask("GET", "/extensions/shoes").status, 404);
}

}  // namespace
}  // namespace haneul::nova
