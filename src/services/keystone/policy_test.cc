#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/keystone/logic/json_home.h"
#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

struct Catalog {
  explicit Catalog(TestIdentity& identity) {
    const auto services = identity.get("/services?type=identity");
    service = *services.json.at({"services"})->array()->front().at({"id"})->text();
    const auto endpoints = identity.get("/endpoints?interface=public&service_id=" + service);
    endpoint = *endpoints.json.at({"endpoints"})->array()->front().at({"id"})->text();
  }
  std::string service, endpoint;
};

std::string policy(TestIdentity& identity, const char* blob) {
  const auto made = identity.post(
      "/policies",
      fmt::format(R"({{"policy":{{"blob":"{}","type":"text/plain","hue":"red"}}}})", blob));
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.text({"policy", "hue"}), "red");
  return made.text({"policy", "id"});
}

TEST(Policy, IsKeptAsItIs) {
  TestIdentity identity;
  const auto path = "/policies/" + policy(identity, "a");
  EXPECT_EQ(identity.post("/policies", R"({"policy":{"blob":"a"}})").status, 400);
  EXPECT_EQ(identity.post("/policies", R"({"policy":{"blob":5,"type":"t"}})").status, 400);
  EXPECT_EQ(identity.patch(path, R"({"policy":{"blob":"b"}})").text({"policy", "blob"}), "b");
  EXPECT_EQ(identity.get("/policies?type=text/plain").json.at({"policies"})->array()->size(), 1u);
  EXPECT_EQ(identity.get("/policies?type=other").json.at({"policies"})->array()->size(), 0u);
  EXPECT_EQ(identity.as(identity.login("demo", "demo"), "GET", path).status, 403);
  EXPECT_EQ(identity.remove(path).status, 204);
  EXPECT_EQ(identity.get(path).status, 404);
}

TEST(EndpointPolicy, TheNearestCounts) {
  TestIdentity identity;
  const Catalog catalog(identity);
  const auto own = policy(identity, "own"), region = policy(identity, "region"),
             service = policy(identity, "service");
  const auto of = [](const std::string& id) { return "/policies/" + id + "/OS-ENDPOINT-POLICY"; };
  const auto shown = [&] {
    return identity.get("/endpoints/" + catalog.endpoint + "/OS-ENDPOINT-POLICY/policy");
  };
  EXPECT_EQ(shown().text({"error", "message"}),
            "No policy is associated with endpoint " + catalog.endpoint + ".");
  const auto by_service = of(service) + "/services/" + catalog.service;
  ASSERT_EQ(identity.put(by_service).status, 204);
  EXPECT_EQ(shown().text({"policy", "id"}), service);
  identity.put("/regions/Earth", R"({"region":{}})");
  identity.patch("/regions/RegionOne", R"({"region":{"parent_region_id":"Earth"}})");
  const auto by_region = of(region) + "/services/" + catalog.service + "/regions/Earth";
  ASSERT_EQ(identity.put(by_region).status, 204);
  EXPECT_EQ(shown().text({"policy", "id"}), region);
  const auto by_endpoint = of(own) + "/endpoints/" + catalog.endpoint;
  ASSERT_EQ(identity.put(by_endpoint).status, 204);
  EXPECT_EQ(shown().text({"policy", "id"}), own);
  for (const auto& path : {by_service, by_region, by_endpoint}) {
    EXPECT_EQ(identity.get(path).status, 204) << path;
  }
  EXPECT_EQ(identity.get(of(region) + "/endpoints").json.at({"endpoints"})->array()->size(), 3u);
  EXPECT_EQ(identity.get(of(own) + "/endpoints").json.at({"endpoints"})->array()->size(), 1u);
  EXPECT_EQ(identity.remove(by_endpoint).status, 204);
  EXPECT_EQ(identity.get(by_endpoint).text({"error", "message"}),
            "Could not find policy association.");
  EXPECT_EQ(identity.remove("/policies/" + region).status, 204);
  EXPECT_EQ(shown().text({"policy", "id"}), service);
  EXPECT_EQ(identity.put(of("none") + "/endpoints/" + catalog.endpoint).status, 404);
  EXPECT_EQ(identity.put(of(own) + "/endpoints/none").status, 404);
}

TEST(EndpointFilter, ShapesTheCatalogOfItsProject) {
  TestIdentity identity;
  const Catalog catalog(identity);
  const auto project = identity.project_id("demo");
  const auto endpoints = [&] {
    const auto token = identity.login("demo", "demo", project_scope(project));
    const auto services = *identity.inspect(token).json.at({"token", "catalog"})->array();
    std::size_t count = 0;
    for (const auto& service : services) count += service.at({"endpoints"})->array()->size();
    return count;
  };
  EXPECT_EQ(endpoints(), 6u);
  const auto link = "/OS-EP-FILTER/projects/" + project + "/endpoints/" + catalog.endpoint;
  EXPECT_EQ(identity.get(link).status, 404);
  EXPECT_EQ(identity.put(link).status, 204);
  EXPECT_EQ(identity.put(link).status, 409);
  EXPECT_EQ(identity.get(link).status, 204);
  EXPECT_EQ(endpoints(), 1u);
  const auto listed = identity.get("/OS-EP-FILTER/projects/" + project + "/endpoints");
  EXPECT_EQ(listed.json.at({"endpoints"})->array()->size(), 1u);
  const auto projects = identity.get("/OS-EP-FILTER/endpoints/" + catalog.endpoint + "/projects");
  EXPECT_EQ(projects.json.at({"projects"})->array()->size(), 1u);
  EXPECT_EQ(identity.remove(link).status, 204);
  EXPECT_EQ(identity.remove(link).status, 404);
  EXPECT_EQ(endpoints(), 6u);
}

TEST(EndpointGroup, ChoosesByItsFilters) {
  TestIdentity identity;
  const Catalog catalog(identity);
  const auto make = [&](const std::string& filters) {
    return identity.post(
        "/OS-EP-FILTER/endpoint_groups",
        fmt::format(R"({{"endpoint_group":{{"name":"g","filters":{}}}}})", filters));
  };
  EXPECT_EQ(make("{}").status, 400);
  EXPECT_EQ(make(R"({"colour":"red"})").status, 400);
  EXPECT_EQ(make(R"({"interface":5})").status, 400);
  EXPECT_EQ(make("5").status, 400);
  const auto made = make(R"({"interface":"public"})");
  ASSERT_EQ(made.status, 201) << made.body;
  const auto path = "/OS-EP-FILTER/endpoint_groups/" + made.text({"endpoint_group", "id"});
  EXPECT_NE(made.text({"endpoint_group", "links", "self"}).find("/v3" + path), std::string::npos);
  EXPECT_EQ(identity.get(path + "/endpoints").json.at({"endpoints"})->array()->size(), 2u);
  const auto project = identity.project_id("demo");
  const auto link = path + "/projects/" + project;
  EXPECT_EQ(identity.put(link).status, 204);
  EXPECT_EQ(identity.get(link).text({"project_endpoint_group", "project_id"}), project);
  const auto listed = identity.get("/OS-EP-FILTER/projects/" + project + "/endpoints");
  EXPECT_EQ(listed.json.at({"endpoints"})->array()->size(), 2u);
  EXPECT_EQ(identity.get(path + "/projects").json.at({"projects"})->array()->size(), 1u);
  const auto groups = identity.get("/OS-EP-FILTER/projects/" + project + "/endpoint_groups");
  EXPECT_EQ(groups.json.at({"endpoint_groups"})->array()->size(), 1u);
  const auto narrower =
      fmt::format(R"({{"endpoint_group":{{"filters":{{"service_id":"{}","interface":"admin"}}}}}})",
                  catalog.service);
  EXPECT_EQ(identity.patch(path, narrower).status, 200);
  EXPECT_EQ(identity.get(path + "/endpoints").json.at({"endpoints"})->array()->size(), 1u);
  EXPECT_EQ(identity.remove(link).status, 204);
  EXPECT_EQ(identity.get(link).status, 404);
  EXPECT_EQ(identity.remove(path).status, 204);
}

TEST(RevocationEvents, AreListed) {
  TestIdentity identity;
  const auto user = identity.user("u", "p");
  ASSERT_EQ(identity.patch("/users/" + user, R"({"user":{"enabled":false}})").status, 200);
  const auto events = identity.get("/OS-REVOKE/events");
  ASSERT_EQ(events.status, 200);
  EXPECT_EQ(*events.json.at({"events"})->array()->back().at({"user_id"})->text(), user);
  EXPECT_EQ(identity.get("/OS-REVOKE/events?since=2100-01-01T00:00:00Z")
                .json.at({"events"})
                ->array()
                ->size(),
            0u);
  EXPECT_EQ(identity.get("/OS-REVOKE/events?since=yesterday").status, 400);
}

TEST(JsonHome, IsGivenToThoseWhoWouldRatherHaveIt) {
  EXPECT_TRUE(prefers_json_home("application/json-home"));
  EXPECT_TRUE(prefers_json_home("application/json;q=0.5, application/json-home"));
  EXPECT_FALSE(prefers_json_home("application/json, application/json-home;q=0.5"));
  EXPECT_FALSE(prefers_json_home(""));
  EXPECT_FALSE(prefers_json_home("*/*"));
  TestIdentity identity;
  const auto home = identity.as("", "GET", "", {}, {{"Accept", "application/json-home"}});
  ASSERT_EQ(home.status, 200);
  EXPECT_EQ(home.headers.get("Content-Type"), "application/json-home");
  const std::string base(kJsonHomeBase);
  const auto* user = home.json.at({"resources", base + "rel/user"});
  ASSERT_NE(user, nullptr);
  EXPECT_EQ(*user->at({"href-template"})->text(), "/users/{user_id}");
  EXPECT_EQ(*user->at({"href-vars", "user_id"})->text(), base + "param/user_id");
  EXPECT_EQ(*home.json.at({"resources", base + "rel/limit_model", "hints", "status"})->text(),
            "experimental");
  EXPECT_NE(home.json.at({"resources", base + "ext/OS-OAUTH1/1.0/rel/consumers"}), nullptr);
}

TEST(StrictTwoLevel, HoldsProjectsAgainstTheirDomain) {
  TestIdentity identity({.limit_model = "strict_two_level"});
  const Catalog catalog(identity);
  EXPECT_EQ(identity.get("/limits/model").text({"model", "name"}), "strict_two_level");
  identity.post("/registered_limits",
                fmt::format(R"({{"registered_limits":[{{"service_id":"{}","resource_name":"v",)"
                            R"("default_limit":10}}]}})",
                            catalog.service));
  const auto limit = [&](const std::string& owner, int value) {
    return identity.post("/limits",
                         fmt::format(R"({{"limits":[{{"service_id":"{}","resource_name":"v",)"
                                     R"("resource_limit":{},{}}}]}})",
                                     catalog.service, value, owner));
  };
  const auto project = fmt::format(R"("project_id":"{}")", identity.project_id("demo"));
  EXPECT_EQ(limit(project, 11).status, 403);
  EXPECT_EQ(limit(R"("domain_id":"default")", 20).status, 201);
  const auto made = limit(project, 15);
  ASSERT_EQ(made.status, 201) << made.body;
  const auto id = *made.json.at({"limits"})->array()->front().at({"id"})->text();
  EXPECT_EQ(identity.patch("/limits/" + id, R"({"limit":{"resource_limit":21}})").status, 403);
  const auto domains = identity.get("/limits?domain_id=default");
  const auto domain = *domains.json.at({"limits"})->array()->front().at({"id"})->text();
  EXPECT_EQ(identity.patch("/limits/" + domain, R"({"limit":{"resource_limit":14}})").status, 403);
  const auto child =
      identity.project("child", fmt::format(R"(,"parent_id":"{}")", identity.project_id("demo")));
  EXPECT_FALSE(child.empty());
  const auto deep = identity.post(
      "/projects", fmt::format(R"({{"project":{{"name":"deep","parent_id":"{}"}}}})", child));
  EXPECT_EQ(deep.status, 403);
}

}  // namespace
}  // namespace haneul::keystone
