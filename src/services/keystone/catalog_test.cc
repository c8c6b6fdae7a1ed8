#include "services/keystone/logic/catalog.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

TEST(FillUrl, PutsProjectAndUserInPlace) {
  EXPECT_EQ(fill_url("http://h/$(tenant_id)s/%(project_id)s/$(user_id)s", "p", "u"),
            "http://h/p/p/u");
  EXPECT_EQ(fill_url("http://h/100%", "p", "u"), "http://h/100%");
  EXPECT_EQ(fill_url("http://h/$(project_id)s", "", "u"), std::nullopt);
  EXPECT_EQ(fill_url("http://h/$(nonsense)s", "p", "u"), std::nullopt);
  EXPECT_EQ(fill_url("http://h/$(project_id", "p", "u"), std::nullopt);
}

TEST(Catalog, ServicesEndpointsAndRegionsLiveTogether) {
  TestIdentity identity;
  const auto region = identity.post("/regions", R"({"region":{"id":"west","description":"d"}})");
  ASSERT_EQ(region.status, 201) << region.body;
  const auto service = identity.post("/services", R"({"service":{"type":"dns","name":"designate",)"
                                                  R"("description":"names"}})");
  ASSERT_EQ(service.status, 201) << service.body;
  EXPECT_EQ(service.text({"service", "description"}), "names");
  const auto id = service.text({"service", "id"});
  const auto endpoint = identity.post(
      "/endpoints", fmt::format(R"({{"endpoint":{{"service_id":"{}","interface":"public",)"
                                R"("url":"http://h/%(project_id)s",)"
                                R"("region_id":"west"}}}})",
                                id));
  ASSERT_EQ(endpoint.status, 201) << endpoint.body;
  EXPECT_EQ(endpoint.text({"endpoint", "region"}), "west");
  const auto shown = identity.inspect(identity.admin);
  EXPECT_NE(shown.body.find("http://h/" + identity.project_id("admin")), std::string::npos);
  const auto own = identity.get("/auth/catalog");
  EXPECT_EQ(own.json.at({"catalog"})->array()->size(), 3u);
  EXPECT_EQ(identity.remove("/regions/west").status, 403);
  const auto path = "/endpoints/" + endpoint.text({"endpoint", "id"});
  EXPECT_EQ(identity.patch(path, R"({"endpoint":{"enabled":false}})").status, 200);
  EXPECT_EQ(identity.inspect(identity.admin).body.find("http://h/"), std::string::npos);
  EXPECT_EQ(identity.remove("/services/" + id).status, 204);
  EXPECT_EQ(identity.get(path).status, 404);
  EXPECT_EQ(identity.remove("/regions/west").status, 204);
}

TEST(Endpoint, RefusesBadInput) {
  TestIdentity identity;
  const auto services = identity.get("/services?type=identity");
  const auto id = *services.json.at({"services"})->array()->front().at({"id"})->text();
  const auto make = [&](const std::string& interface, const std::string& url,
                        const std::string& more) {
    return identity.post(
        "/endpoints",
        fmt::format(R"({{"endpoint":{{"service_id":"{}","interface":"{}","url":"{}"{}}}}})", id,
                    interface, url, more));
  };
  EXPECT_EQ(make("sideways", "http://h", "").status, 400);
  EXPECT_EQ(make("public", "no url", "").status, 400);
  EXPECT_EQ(make("public", "http://h/$(nonsense)s", "").status, 400);
  EXPECT_EQ(make("public", "http://h", R"(,"region_id":"nowhere")").status, 400);
  EXPECT_EQ(make("public", "http://h", R"(,"enabled":"x")").status, 400);
  EXPECT_EQ(make("public", "http://h", R"(,"region":"made")").status, 201);
  EXPECT_EQ(identity.get("/regions/made").status, 200);
  EXPECT_EQ(identity.post("/endpoints", R"({"endpoint":{}})").status, 400);
  EXPECT_EQ(identity
                .post("/endpoints", R"({"endpoint":{"service_id":"none","interface":"public",)"
                                    R"("url":"http://h"}})")
                .status,
            400);
  EXPECT_EQ(identity.get("/endpoints?interface=public").json.at({"endpoints"})->array()->size(),
            3u);
}

TEST(Region, FormsATreeWithoutCircles) {
  TestIdentity identity;
  EXPECT_EQ(identity.put("/regions/a", R"({"region":{}})").status, 201);
  EXPECT_EQ(identity.put("/regions/b", R"({"region":{"parent_region_id":"a"}})").status, 201);
  EXPECT_EQ(identity.put("/regions/b", R"({"region":{}})").status, 409);
  EXPECT_EQ(identity.put("/regions/c", R"({"region":{"id":"d"}})").status, 400);
  EXPECT_EQ(identity.put("/regions/c", R"({"region":{"parent_region_id":"none"}})").status, 404);
  EXPECT_EQ(identity.patch("/regions/a", R"({"region":{"parent_region_id":"b"}})").status, 400);
  EXPECT_EQ(identity.get("/regions?parent_region_id=a").json.at({"regions"})->array()->size(), 1u);
  EXPECT_EQ(identity.post("/regions", R"({"region":{}})").text({"region", "id"}).size(), 32u);
  EXPECT_EQ(identity.remove("/regions/a").status, 204);
  EXPECT_EQ(identity.get("/regions/b").status, 404);
  EXPECT_EQ(identity.as(identity.login("demo", "demo"), "GET", "/regions").status, 200);
}

TEST(Limit, OverridesARegisteredOne) {
  TestIdentity identity;
  const auto services = identity.get("/services?type=identity");
  const auto service = *services.json.at({"services"})->array()->front().at({"id"})->text();
  const auto registered = identity.post(
      "/registered_limits",
      fmt::format(R"({{"registered_limits":[{{"service_id":"{}","resource_name":"vol",)"
                  R"("default_limit":10}}]}})",
                  service));
  ASSERT_EQ(registered.status, 201) << registered.body;
  const auto rid = *registered.json.at({"registered_limits"})->array()->front().at({"id"})->text();
  const auto limit = [&](const std::string& project, const char* name) {
    return identity.post("/limits",
                         fmt::format(R"({{"limits":[{{"service_id":"{}","resource_name":"{}",)"
                                     R"("resource_limit":5,"project_id":"{}"}}]}})",
                                     service, name, project));
  };
  const auto project = identity.project_id("demo");
  EXPECT_EQ(limit(project, "other").status, 403);
  EXPECT_EQ(limit("none", "vol").status, 400);
  const auto made = limit(project, "vol");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(limit(project, "vol").status, 409);
  const auto id = *made.json.at({"limits"})->array()->front().at({"id"})->text();
  EXPECT_EQ(identity.patch("/limits/" + id, R"({"limit":{"resource_limit":7}})").status, 200);
  EXPECT_EQ(identity.patch("/limits/" + id, R"({"limit":{"resource_limit":"x"}})").status, 400);
  const auto demo = identity.login("demo", "demo", project_scope(project));
  EXPECT_EQ(identity.as(demo, "GET", "/limits/" + id).status, 200);
  EXPECT_EQ(identity.as(demo, "GET", "/limits").json.at({"limits"})->array()->size(), 1u);
  EXPECT_EQ(identity.remove("/registered_limits/" + rid).status, 403);
  EXPECT_EQ(identity.remove("/limits/" + id).status, 204);
  const auto gone = identity.get("/limits/" + id);
  EXPECT_EQ(gone.text({"error", "message"}), "Could not find limit for " + id + ".");
  EXPECT_EQ(identity.remove("/registered_limits/" + rid).status, 204);
  EXPECT_EQ(identity.get("/limits/model").text({"model", "name"}), "flat");
}

}  // namespace
}  // namespace haneul::keystone
