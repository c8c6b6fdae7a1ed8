#include "services/placement/fixture.h"

namespace haneul::placement {
namespace {

const std::string kNuma0 = "a0000000-0000-0000-0000-000000000000";
const std::string kNuma1 = "a1000000-0000-0000-0000-000000000000";
const std::string kShare = "b0000000-0000-0000-0000-000000000000";
const std::string kAggregate = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";

class CandidatesTest : public PlacementTest {
 protected:
  void add_child(const std::string& uuid, const std::string& parent, const std::string& inventory,
                 const std::string& traits = "") {
    const std::string with_parent =
        parent.empty() ? "" : R"(,"parent_provider_uuid":")" + parent + "\"";
    ask("POST", "/resource_providers",
        R"({"uuid":")" + uuid + R"(","name":")" + uuid + "\"" + with_parent + "}");
    const auto put =
        ask("PUT", "/resource_providers/" + uuid + "/inventories",
            R"({"inventories":{)" + inventory + R"(},"resource_provider_generation":0})");
    EXPECT_EQ(put.status, 200) << put.body;
    if (traits.empty()) return;
    ask("PUT", "/resource_providers/" + uuid + "/traits",
        R"({"traits":[)" + traits + R"(],"resource_provider_generation":1})");
  }
  void join(const std::string& uuid) {
    ask("PUT", "/resource_providers/" + uuid + "/aggregates", R"([")" + kAggregate + R"("])",
        "1.18");
  }
  std::size_t count(const std::string& query, const std::string& version = "1.39") {
    const auto a = ask("GET", "/allocation_candidates?" + query, {}, version);
    EXPECT_EQ(a.status, 200) << a.body;
    return a.status == 200 ? a.json.at({"allocation_requests"})->array()->size() : 0;
  }
};

TEST_F(CandidatesTest, GivesFlatHostsInEveryForm) {
  add_host(kHost, "h1", {"CUSTOM_GOLD"});
  add_host(kOther, "h2");
  EXPECT_EQ(count("resources=VCPU:2,DISK_GB:10"), 2u);
  EXPECT_EQ(count("resources=VCPU:2&limit=1"), 1u);
  EXPECT_EQ(count("resources=VCPU:2&required=CUSTOM_GOLD"), 1u);
  EXPECT_EQ(count("resources=VCPU:2&required=!CUSTOM_GOLD"), 1u);
  EXPECT_EQ(count("resources=VCPU:99"), 0u);
  const auto newest =
      ask("GET", "/allocation_candidates?resources=VCPU:2&limit=1&in_tree=" + kHost);
  const auto& request = newest.json.at({"allocation_requests"})->array()->front();
  EXPECT_EQ(*request.at({"allocations", kHost, "resources", "VCPU"})->integer(), 2);
  EXPECT_EQ(*request.at({"mappings", ""})->array()->front().text(), kHost);
  EXPECT_EQ(number(newest, {"provider_summaries", kHost, "resources", "VCPU", "capacity"}), 16);
  const auto oldest = ask("GET", "/allocation_candidates?resources=VCPU:2", {}, "1.10");
  const auto& list = oldest.json.at({"allocation_requests"})->array()->front();
  EXPECT_EQ(*list.at({"allocations"})->array()->front().at({"resource_provider", "uuid"})->text(),
            kHost);
  EXPECT_EQ(oldest.json.at({"provider_summaries", kHost, "resources", "DISK_GB"}), nullptr);
}

TEST_F(CandidatesTest, LooksIntoTreesAndGroups) {
  add_host(kHost, "h1");
  ask("PUT", "/traits/CUSTOM_A");
  add_child(kNuma0, kHost, R"("SRIOV_NET_VF":{"total":4})", R"("CUSTOM_A")");
  add_child(kNuma1, kHost, R"("SRIOV_NET_VF":{"total":4})");
  EXPECT_EQ(count("resources=VCPU:1,SRIOV_NET_VF:1"), 2u);
  EXPECT_EQ(count("resources=VCPU:1,SRIOV_NET_VF:1", "1.28"), 0u) << "not nested aware";
  EXPECT_EQ(count("resources=VCPU:1&resources1=SRIOV_NET_VF:1&resources2=SRIOV_NET_VF:1"
                  "&group_policy=isolate"),
            2u);
  EXPECT_EQ(count("resources=VCPU:1&resources1=SRIOV_NET_VF:1&resources2=SRIOV_NET_VF:1"
                  "&group_policy=none"),
            4u);
  EXPECT_EQ(count("resources1=SRIOV_NET_VF:3&resources2=SRIOV_NET_VF:3&group_policy=none"), 2u);
  EXPECT_EQ(count("resources=VCPU:1&resources_N=SRIOV_NET_VF:1&required_N=CUSTOM_A"), 1u);
  EXPECT_EQ(count("resources_A=VCPU:1&resources_B=SRIOV_NET_VF:1&group_policy=none"
                  "&same_subtree=_A,_B"),
            2u);
  EXPECT_EQ(count("resources_A=SRIOV_NET_VF:1&resources_B=SRIOV_NET_VF:1&group_policy=isolate"
                  "&same_subtree=_A,_B"),
            0u);
  EXPECT_EQ(count("resources=VCPU:1&root_required=CUSTOM_A"), 0u);
  EXPECT_EQ(count("resources=VCPU:1&root_required=!CUSTOM_A"), 1u);
}

TEST_F(CandidatesTest, SharesThroughAggregates) {
  add_host(kHost, "h1");
  cloud.db().write([&](db::Transaction& tx) {
    placement.put_provider(tx, kOther, "h2", {{.resource_class = "VCPU", .total = 4}}, {});
  });
  add_child(kShare, "", R"("DISK_GB":{"total":1000})", R"("MISC_SHARES_VIA_AGGREGATE")");
  EXPECT_EQ(count("resources=VCPU:1,DISK_GB:10"), 1u);
  join(kShare);
  join(kOther);
  EXPECT_EQ(count("resources=VCPU:1,DISK_GB:10"), 2u);
  join(kHost);
  EXPECT_EQ(count("resources=VCPU:1,DISK_GB:10"), 3u);
  EXPECT_EQ(count("resources=VCPU:1,DISK_GB:10&member_of=" + kAggregate), 3u);
}

TEST_F(CandidatesTest, RefusesBadQueries) {
  add_host(kHost, "h1");
  for (const char* query : {"",
                            "resources=",
                            "resources=VCPU",
                            "resources=VCPU:0",
                            "resources=VCPU:x",
                            "resources=NOPE:1",
                            "resources=VCPU:1&required=",
                            "resources=VCPU:1&required=CUSTOM_NO",
                            "resources=VCPU:1&limit=0",
                            "resources=VCPU:1&limit=-1",
                            "resources=VCPU:1&limit=a",
                            "resources=VCPU:1&member_of=x",
                            "resources=VCPU:1&in_tree=x",
                            "resources=VCPU:1&color=red",
                            "resources1=VCPU:1&resources2=VCPU:1",
                            "resources1=VCPU:1&group_policy=maybe",
                            "required=CUSTOM_A",
                            "resources=VCPU:1&required1=CUSTOM_A",
                            "resources=VCPU:1&root_required=A&root_required=B",
                            "resources=VCPU:1&same_subtree=,",
                            "resources=VCPU:1&same_subtree=_X",
                            "resources=VCPU:99999999999999999999"}) {
    EXPECT_EQ(ask("GET", std::string("/allocation_candidates?") + query).status, 400) << query;
  }
  EXPECT_EQ(ask("GET", "/allocation_candidates?resources=VCPU:1", {}, "1.9").status, 404);
  EXPECT_EQ(ask("GET", "/allocation_candidates?resources=VCPU:1&limit=1", {}, "1.15").status, 400);
}

TEST_F(CandidatesTest, SymmetricTreesEndInTime) {
  add_host(kHost, "h1");
  for (int i = 0; i < 12; ++i) {
    add_child(fmt::format("a{:07}-0000-0000-0000-000000000000", i), kHost,
              R"("SRIOV_NET_VF":{"total":8})");
  }
  std::string query = "resources=VCPU:1&group_policy=isolate&limit=5";
  for (int i = 1; i <= 8; ++i) query += fmt::format("&resources{}=SRIOV_NET_VF:1", i);
  EXPECT_EQ(count(query), 5u);
}

}  // namespace
}  // namespace haneul::placement
