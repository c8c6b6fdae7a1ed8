#include "services/placement/fixture.h"

namespace haneul::placement {
namespace {

using Pair = std::pair<std::int64_t, std::int64_t>;

TEST_F(PlacementTest, InventoriesFollowGenerations) {
  ask("POST", "/resource_providers", R"({"name":"h1","uuid":")" + kHost + "\"}");
  const auto path = "/resource_providers/" + kHost + "/inventories";
  const auto put = [&](const std::string& body, const std::string& version = "1.39") {
    return ask("PUT", path, body, version);
  };
  EXPECT_EQ(put(R"({"inventories":{"VCPU":{"total":4}},"resource_provider_generation":0})").status,
            200);
  EXPECT_EQ(code(put(R"({"inventories":{},"resource_provider_generation":0})")),
            "placement.concurrent_update");
  EXPECT_EQ(put(R"({"inventories":{"NO":{"total":4}},"resource_provider_generation":1})").status,
            400);
  EXPECT_EQ(put(R"({"inventories":{"VCPU":{"total":0}},"resource_provider_generation":1})").status,
            400);
  const std::string full =
      R"({"inventories":{"VCPU":{"total":4,"reserved":4}},"resource_provider_generation":1})";
  EXPECT_EQ(put(full, "1.25").status, 400);
  EXPECT_EQ(put(full).status, 200);
  const auto one = ask("GET", path + "/VCPU");
  EXPECT_EQ(number(one, {"reserved"}), 4);
  EXPECT_EQ(number(one, {"max_unit"}), 2'147'483'647);
  EXPECT_EQ(number(one, {"resource_provider_generation"}), 2);
  EXPECT_EQ(ask("POST", path, R"({"resource_class":"VCPU","total":1})").status, 409);
  EXPECT_EQ(ask("POST", path, R"({"resource_class":"DISK_GB","total":1})").status, 201);
  EXPECT_EQ(
      ask("PUT", path + "/MEMORY_MB", R"({"total":1,"resource_provider_generation":3})").status,
      400);
  EXPECT_EQ(ask("DELETE", path + "/MEMORY_MB").status, 404);
  EXPECT_EQ(ask("DELETE", path, {}, "1.4").status, 405);
  EXPECT_EQ(ask("DELETE", path).status, 204);
}

TEST_F(PlacementTest, AllocatesWithinCapacityAndKeepsSums) {
  add_host(kHost, "h1");
  const auto path = "/allocations/" + kConsumer;
  EXPECT_EQ(ask("PUT", path, allocation_body(kHost, 10, 512)).status, 204);
  EXPECT_EQ(used(kHost, "VCPU"), Pair(10, 10));
  const auto shown = ask("GET", path);
  EXPECT_EQ(number(shown, {"allocations", kHost, "resources", "VCPU"}), 10);
  EXPECT_EQ(number(shown, {"consumer_generation"}), 1);
  EXPECT_EQ(shown.text({"consumer_type"}), "INSTANCE");

  const auto stale = ask("PUT", path, allocation_body(kHost, 1, 1));
  EXPECT_EQ(stale.status, 409);
  EXPECT_EQ(code(stale), "placement.concurrent_update");
  EXPECT_NE(why(stale).find("expected 1 but got None"), std::string::npos) << why(stale);

  const auto too_much = ask("PUT", path, allocation_body(kHost, 17, 1, "1"));
  EXPECT_EQ(too_much.status, 409);
  EXPECT_NE(why(too_much).find("would exceed the capacity"), std::string::npos);
  EXPECT_EQ(used(kHost, "VCPU"), Pair(10, 10)) << "a refused change changed something";

  EXPECT_EQ(ask("PUT", path, allocation_body(kHost, 16, 100, "1")).status, 204);
  EXPECT_EQ(used(kHost, "VCPU"), Pair(16, 16));
  EXPECT_EQ(used(kHost, "MEMORY_MB"), Pair(100, 100));
  EXPECT_EQ(number(ask("GET", "/resource_providers/" + kHost + "/usages"), {"usages", "VCPU"}), 16);
  EXPECT_EQ(code(ask("DELETE", "/resource_providers/" + kHost)),
            "placement.resource_provider.inuse");
  EXPECT_EQ(code(ask("DELETE", "/resource_providers/" + kHost + "/inventories")),
            "placement.inventory.inuse");
  EXPECT_EQ(ask("DELETE", path).status, 204);
  EXPECT_EQ(ask("DELETE", path).status, 404);
  EXPECT_EQ(used(kHost, "VCPU"), Pair(0, 0));
}

TEST_F(PlacementTest, OldFormsStillWork) {
  add_host(kHost, "h1");
  const std::string list = R"({"allocations":[{"resource_provider":{"uuid":")" + kHost +
                           R"("},"resources":{"VCPU":2}}])";
  EXPECT_EQ(ask("PUT", "/allocations/" + kConsumer, list + "}", "1.0").status, 204);
  EXPECT_EQ(ask("PUT", "/allocations/" + kConsumer, list + "}", "1.8").status, 400);
  EXPECT_EQ(
      ask("PUT", "/allocations/" + kConsumer, list + R"(,"project_id":"p","user_id":"u"})", "1.8")
          .status,
      204);
  EXPECT_EQ(ask("GET", "/allocations/" + kConsumer, {}, "1.11").json.at({"project_id"}), nullptr);
  EXPECT_EQ(used(kHost, "VCPU"), Pair(2, 2));
}

TEST_F(PlacementTest, MovesBetweenConsumersInOneStep) {
  add_host(kHost, "h1");
  ask("PUT", "/allocations/" + kConsumer, allocation_body(kHost, 16, 1024));
  const std::string migration = "dddddddd-dddd-dddd-dddd-dddddddddddd";
  const std::string body =
      "{\"" + migration + "\":" + allocation_body(kHost, 16, 1024) + ",\"" + kConsumer +
      R"(":{"allocations":{},"project_id":"p","user_id":"u","consumer_generation":1,)"
      R"("consumer_type":"INSTANCE"}})";
  EXPECT_EQ(ask("POST", "/allocations", body).status, 204);
  EXPECT_EQ(used(kHost, "VCPU"), Pair(16, 16));
  EXPECT_TRUE(ask("GET", "/allocations/" + kConsumer).json.at({"allocations"})->object()->empty());
  EXPECT_EQ(number(ask("GET", "/usages?project_id=p"), {"usages", "INSTANCE", "consumer_count"}),
            1);
  EXPECT_EQ(number(ask("GET", "/usages?project_id=p", {}, "1.37"), {"usages", "VCPU"}), 16);
  EXPECT_EQ(ask("GET", "/usages").status, 400);
}

TEST_F(PlacementTest, OverfullMayShrink) {
  add_host(kHost, "h1");
  ask("PUT", "/allocations/" + kConsumer, allocation_body(kHost, 16, 512));
  const auto path = "/resource_providers/" + kHost + "/inventories/VCPU";
  EXPECT_EQ(ask("PUT", path, R"({"total":4,"resource_provider_generation":2})").status, 200);
  EXPECT_EQ(ask("PUT", "/allocations/" + kConsumer, allocation_body(kHost, 17, 512, "1")).status,
            409);
  EXPECT_EQ(ask("PUT", "/allocations/" + kConsumer, allocation_body(kHost, 10, 512, "1")).status,
            204);
  EXPECT_EQ(used(kHost, "VCPU"), Pair(10, 10));
}

TEST_F(PlacementTest, BadAllocationsAreRefused) {
  add_host(kHost, "h1");
  const auto put = [&](const std::string& body) {
    return ask("PUT", "/allocations/" + kConsumer, body);
  };
  EXPECT_EQ(ask("PUT", "/allocations/nobody", allocation_body(kHost, 1, 1)).status, 400);
  EXPECT_EQ(put(allocation_body(kOther, 1, 1)).status, 400);
  EXPECT_EQ(put(allocation_body(kHost, 0, 1)).status, 400);
  EXPECT_EQ(put(allocation_body("xx", 1, 1)).status, 400);
  for (const char* body : {"[]", "{}", R"({"allocations":[]})", R"({"allocations":{"a":1}})"}) {
    EXPECT_EQ(put(body).status, 400) << body;
  }
  const auto unknown = put(R"({"allocations":{")" + kHost +
                           R"(":{"resources":{"CUSTOM_X":1}}},"project_id":"p","user_id":"u",)"
                           R"("consumer_generation":null,"consumer_type":"INSTANCE"})");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_NE(why(unknown).find("No such resource class CUSTOM_X."), std::string::npos);
}

TEST_F(PlacementTest, ReshapesInventoriesUnderAllocations) {
  add_host(kHost, "h1");
  add_host(kOther, "h2");
  ask("PUT", "/allocations/" + kConsumer, allocation_body(kHost, 2, 64));
  const auto body = [&](const std::string& generation) {
    return R"({"inventories":{")" + kHost + R"(":{"resource_provider_generation":)" + generation +
           R"(,"inventories":{"MEMORY_MB":{"total":1024}}},")" + kOther +
           R"(":{"resource_provider_generation":1,"inventories":{"VCPU":{"total":4},)"
           R"("MEMORY_MB":{"total":1024},"DISK_GB":{"total":1}}}},"allocations":{")" +
           kConsumer + R"(":{"allocations":{")" + kHost + R"(":{"resources":{"MEMORY_MB":64}},")" +
           kOther +
           R"(":{"resources":{"VCPU":2}}},"project_id":"p","user_id":"u",)"
           R"("consumer_generation":1,"consumer_type":"INSTANCE"}}})";
  };
  EXPECT_EQ(ask("POST", "/reshaper", body("1")).status, 409);
  const auto done = ask("POST", "/reshaper", body("2"));
  EXPECT_EQ(done.status, 204) << done.body;
  EXPECT_EQ(used(kHost, "VCPU"), Pair(-1, 0));
  EXPECT_EQ(used(kOther, "VCPU"), Pair(2, 2));
}

TEST_F(PlacementTest, ClaimsReleasesAndHandsOver) {
  add_host(kHost, "h1");
  const auto claim = [&](const std::string& consumer, std::int64_t vcpus) {
    return cloud.db().write([&](db::Transaction& tx) {
      return placement.claim(tx, {consumer, "p", "u"}, kHost,
                             {{"MEMORY_MB", 64}, {"DISK_GB", 1}, {"VCPU", vcpus}});
    });
  };
  EXPECT_TRUE(claim("a", 10));
  EXPECT_FALSE(claim("a", 1)) << "it has these already";
  EXPECT_FALSE(claim("b", 7));
  EXPECT_EQ(used(kHost, "MEMORY_MB"), Pair(64, 64)) << "a refused claim took something";
  EXPECT_TRUE(claim("b", 6));
  cloud.db().write([&](db::Transaction& tx) {
    placement.hand_over(tx, "a", {"migration", "p", "u", "MIGRATION"});
  });
  const auto of = [&](const std::string& consumer) {
    return cloud.db().read(
        [&](db::Session& s) { return placement.allocations_of(s, consumer).size(); });
  };
  EXPECT_EQ(of("a"), 0u);
  EXPECT_EQ(of("migration"), 3u);
  cloud.db().write([&](db::Transaction& tx) {
    placement.release(tx, "migration");
    placement.release(tx, "nobody");
  });
  EXPECT_EQ(used(kHost, "VCPU"), Pair(6, 6));
}

TEST_F(PlacementTest, PuttingTheSameProviderAgainChangesNothing) {
  add_host(kHost, "h1", {"CUSTOM_A"});
  const auto generation = [&] {
    return number(ask("GET", "/resource_providers/" + kHost), {"generation"});
  };
  const auto before = generation();
  add_host(kHost, "h1", {"CUSTOM_A"});
  EXPECT_EQ(generation(), before);
  add_host(kHost, "h1", {"CUSTOM_A", "CUSTOM_B"});
  EXPECT_EQ(generation(), before + 1);
}

TEST_F(PlacementTest, CandidatesSayWhyNot) {
  add_host(kHost, "h1", {"CUSTOM_GOLD"});
  add_host(kOther, "h2");
  const auto find = [&](Request request) {
    return cloud.db().read([&](db::Session& s) { return placement.candidates(s, request); });
  };
  EXPECT_EQ(find({.resources = {{"VCPU", 1}}}).found.size(), 2u);
  EXPECT_EQ(find({.resources = {{"VCPU", 1}}, .limit = 1}).found.size(), 1u);
  const auto gold = find({.resources = {{"VCPU", 1}}, .required = {"CUSTOM_GOLD"}});
  ASSERT_EQ(gold.found.size(), 1u);
  EXPECT_EQ(gold.found[0].provider->name, "h1");
  EXPECT_EQ(gold.found[0].stock[0].total, 8);
  EXPECT_EQ(gold.without_traits, 1u);
  const auto none = find({.resources = {{"VCPU", 1}, {"MEMORY_MB", 9999}}});
  EXPECT_TRUE(none.found.empty());
  EXPECT_EQ(none.without, (std::vector<std::size_t>{0, 2}));
}

TEST(StockTest, CapacityHasAnEndInBothDirections) {
  EXPECT_EQ((Stock{.total = 10, .reserved = 3, .allocation_ratio = 1.5}).capacity(), 10);
  EXPECT_EQ((Stock{.total = 10, .allocation_ratio = 1e38}).capacity(), 9'000'000'000'000'000'000);
  EXPECT_EQ((Stock{.total = 10, .allocation_ratio = -1e38}).capacity(), -9'000'000'000'000'000'000);
}

}  // namespace
}  // namespace haneul::placement
