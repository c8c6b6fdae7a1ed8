#include "services/placement/fixture.h"

namespace haneul::placement {
namespace {

TEST_F(PlacementTest, SaysItsVersionsToEverybody) {
  const auto a = cloud.request("GET", "/placement", "", "");
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.json.at({"versions"})->array()->front().at({"max_version"})->text()->c_str(),
            std::string("1.39"));
}

TEST_F(PlacementTest, NegotiatesVersions) {
  EXPECT_EQ(*cloud.request("GET", "/placement/resource_providers", "admin")
                 .headers.find("OpenStack-API-Version"),
            "placement 1.0");
  EXPECT_EQ(*ask("GET", "/resource_providers", {}, "latest").headers.find("OpenStack-API-Version"),
            "placement 1.39");
  const auto high = ask("GET", "/resource_providers", {}, "1.40");
  EXPECT_EQ(high.status, 406);
  EXPECT_NE(why(high).find("Unacceptable version header: 1.40"), std::string::npos);
  EXPECT_EQ(ask("GET", "/resource_providers", {}, "one").status, 400);
}

TEST_F(PlacementTest, RefusesMembersAndStrangers) {
  EXPECT_EQ(cloud.request("GET", "/placement/resource_providers", "member").status, 403);
  const auto none = cloud.request("GET", "/placement/resource_providers", "");
  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(none.text({"error", "message"}), "The request you have made requires authentication.");
}

TEST_F(PlacementTest, MakesShowsRenamesAndRemovesProviders) {
  const auto old_way = ask("POST", "/resource_providers", R"({"name":"h0"})", "1.19");
  EXPECT_EQ(old_way.status, 201);
  EXPECT_TRUE(old_way.body.empty());
  const auto made = ask("POST", "/resource_providers", R"({"name":"h1","uuid":")" + kHost + "\"}");
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.text({"root_provider_uuid"}), kHost);
  EXPECT_TRUE(made.json.at({"parent_provider_uuid"})->is_null());
  EXPECT_EQ(made.json.at({"links"})->array()->size(), 6u);
  EXPECT_EQ(*made.headers.find("Cache-Control"), "no-cache");
  EXPECT_EQ(ask("PUT", "/resource_providers/" + kHost, R"({"name":"h2"})").text({"name"}), "h2");
  EXPECT_EQ(
      ask("GET", "/resource_providers?name=h2").json.at({"resource_providers"})->array()->size(),
      1u);
  EXPECT_EQ(ask("DELETE", "/resource_providers/" + kHost).status, 204);
  EXPECT_EQ(ask("GET", "/resource_providers/" + kHost).status, 404);
}

TEST_F(PlacementTest, NamesDuplicates) {
  add_host(kHost, "h1");
  const auto a = ask("POST", "/resource_providers", R"({"name":"h1","uuid":")" + kHost + "\"}");
  EXPECT_EQ(a.status, 409);
  EXPECT_EQ(code(a), "placement.duplicate_name");
  EXPECT_NE(why(a).find("Conflicting resource provider uuid: " + kHost + ", name: h1 already"),
            std::string::npos)
      << why(a);
}

TEST_F(PlacementTest, BadBodiesAreNamedAndNeverCrash) {
  for (const char* body : {"", "{", "[]", "1", R"({"name":1})", R"({})", R"({"name":"a","x":1})",
                           R"({"name":"a","uuid":"no"})", R"({"name":null})",
                           R"({"name":"a","parent_provider_uuid":3})"}) {
    const auto a =
        ask("POST", "/resource_providers", body, "1.39", {{"Content-Type", "application/json"}});
    EXPECT_EQ(a.status, 400) << body << a.body;
  }
  EXPECT_EQ(
      ask("POST", "/resource_providers", "{}", "1.39", {{"Content-Type", "text/plain"}}).status,
      415);
  const auto missing = ask("POST", "/resource_providers", "{}");
  EXPECT_NE(why(missing).find("JSON does not validate: 'name' is a required property"),
            std::string::npos)
      << why(missing);
  EXPECT_EQ(ask("GET", "/resource_providers?uuid=x").status, 400);
  EXPECT_EQ(ask("GET", "/resource_providers?color=x").status, 400);
  EXPECT_EQ(ask("PATCH", "/resource_providers").status, 405);
  EXPECT_EQ(ask("GET", "/nothing").status, 404);
}

TEST_F(PlacementTest, ErrorsFollowAccept) {
  const auto html = cloud.request("GET", "/placement/resource_providers/x", "admin", {},
                                  {{"Accept", "text/html, */*;q=0.1"}});
  EXPECT_EQ(html.status, 404);
  EXPECT_NE(html.body.find("<h1>404 Not Found</h1>"), std::string::npos);
  const auto json = ask("GET", "/resource_providers/x", {}, "1.22");
  EXPECT_EQ(why(json),
            "The resource could not be found.\n\n No resource provider with uuid x "
            "found  ");
  EXPECT_EQ(code(json), "");  // since 1.23
  EXPECT_EQ(code(ask("GET", "/resource_providers/x", {}, "1.23")), "placement.undefined_code");
}

TEST_F(PlacementTest, TreesKnowTheirRootsAndCanMove) {
  add_host(kHost, "h1");
  add_host(kOther, "h2");
  const std::string child = "33333333-3333-3333-3333-333333333333";
  const auto body = [&](const std::string& parent) {
    return R"({"name":"child","parent_provider_uuid":)" + parent + "}";
  };
  const auto made = ask("POST", "/resource_providers",
                        R"({"uuid":")" + child + R"(",)" + body("\"" + kHost + "\"").substr(1));
  ASSERT_EQ(made.text({"root_provider_uuid"}), kHost) << made.body;
  EXPECT_EQ(code(ask("DELETE", "/resource_providers/" + kHost)),
            "placement.resource_provider.cannot_delete_parent");
  EXPECT_EQ(ask("GET", "/resource_providers?in_tree=" + child)
                .json.at({"resource_providers"})
                ->array()
                ->size(),
            2u);
  EXPECT_EQ(ask("PUT", "/resource_providers/" + child, body("\"" + kOther + "\""), "1.36").status,
            400);
  EXPECT_EQ(ask("PUT", "/resource_providers/" + child, body("\"" + kOther + "\""))
                .text({"root_provider_uuid"}),
            kOther);
  const auto loop = ask("PUT", "/resource_providers/" + kOther,
                        R"({"name":"h2","parent_provider_uuid":")" + child + "\"}");
  EXPECT_EQ(loop.status, 400);
  EXPECT_EQ(ask("PUT", "/resource_providers/" + child, body("null")).text({"root_provider_uuid"}),
            child);
}

TEST_F(PlacementTest, FiltersByResourcesTraitsAndAggregates) {
  add_host(kHost, "h1", {"HW_CPU_X86_AVX2", "CUSTOM_GOLD"});
  add_host(kOther, "h2");
  const auto names = [&](const std::string& query, const std::string& version = "1.39") {
    std::string all;
    const auto a = ask("GET", "/resource_providers?" + query, {}, version);
    const json::Value* list = a.json.at({"resource_providers"});
    if (!list) return std::to_string(a.status);
    for (const auto& p : *list->array()) all += *p.at({"name"})->text() + " ";
    return all;
  };
  EXPECT_EQ(names("required=CUSTOM_GOLD"), "h1 ");
  EXPECT_EQ(names("required=!CUSTOM_GOLD"), "h2 ");
  EXPECT_EQ(names("required=in:CUSTOM_GOLD,HW_CPU_X86_SSE"), "h1 ");
  EXPECT_EQ(names("required=in:CUSTOM_GOLD", "1.38"), "400");
  EXPECT_EQ(names("required=CUSTOM_NONE"), "400");
  EXPECT_EQ(names("resources=VCPU:16"), "h1 h2 ");
  EXPECT_EQ(names("resources=VCPU:17"), "");
  EXPECT_EQ(names("resources=NOPE:1"), "400");
  const std::string aggregate = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";
  const auto set =
      ask("PUT", "/resource_providers/" + kOther + "/aggregates",
          R"({"aggregates":[")" + aggregate + R"("],"resource_provider_generation":1})");
  ASSERT_EQ(set.status, 200) << set.body;
  EXPECT_EQ(number(set, {"resource_provider_generation"}), 2);
  EXPECT_EQ(names("member_of=" + aggregate), "h2 ");
  EXPECT_EQ(names("member_of=!" + aggregate), "h1 ");
  EXPECT_EQ(names("member_of=!" + aggregate, "1.31"), "400");
  EXPECT_EQ(names("member_of=xyz"), "400");
}

TEST_F(PlacementTest, KeepsTraitsAndClasses) {
  EXPECT_EQ(ask("PUT", "/traits/CUSTOM_A").status, 201);
  EXPECT_EQ(ask("PUT", "/traits/CUSTOM_A").status, 204);
  EXPECT_EQ(ask("PUT", "/traits/HW_X").status, 400);
  EXPECT_EQ(ask("GET", "/traits/HW_CPU_X86_AVX2").status, 204);
  EXPECT_EQ(ask("DELETE", "/traits/HW_CPU_X86_AVX2").status, 400);
  EXPECT_EQ(ask("GET", "/traits", {}, "1.5").status, 404);
  EXPECT_EQ(ask("GET", "/traits?name=startswith:CUSTOM").json.at({"traits"})->array()->size(), 1u);
  add_host(kHost, "h1");
  const auto path = "/resource_providers/" + kHost + "/traits";
  EXPECT_EQ(ask("PUT", path, R"({"traits":["CUSTOM_A"],"resource_provider_generation":7})").status,
            409);
  EXPECT_EQ(ask("PUT", path, R"({"traits":["CUSTOM_B"],"resource_provider_generation":1})").status,
            400);
  EXPECT_EQ(ask("PUT", path, R"({"traits":["CUSTOM_A"],"resource_provider_generation":1})").status,
            200);
  EXPECT_EQ(ask("DELETE", "/traits/CUSTOM_A").status, 409);
  EXPECT_EQ(ask("DELETE", path).status, 204);
  EXPECT_EQ(ask("DELETE", "/traits/CUSTOM_A").status, 204);

  EXPECT_EQ(ask("PUT", "/resource_classes/CUSTOM_IRON").status, 201);
  EXPECT_EQ(ask("PUT", "/resource_classes/CUSTOM_IRON").status, 204);
  EXPECT_EQ(ask("POST", "/resource_classes", R"({"name":"CUSTOM_IRON"})").status, 409);
  EXPECT_EQ(ask("DELETE", "/resource_classes/VCPU").status, 400);
  EXPECT_EQ(ask("PUT", "/resource_classes/CUSTOM_IRON", R"({"name":"CUSTOM_STEEL"})", "1.6").status,
            200);
  EXPECT_EQ(ask("GET", "/resource_classes/CUSTOM_IRON").status, 404);
  EXPECT_EQ(ask("DELETE", "/resource_classes/CUSTOM_STEEL").status, 204);
}

}  // namespace
}  // namespace haneul::placement
