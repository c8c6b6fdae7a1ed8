#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

TEST(Project, IsMadeShownChangedAndDeleted) {
  TestIdentity identity;
  const auto made = identity.post(
      "/projects", R"({"project":{"name":" alpha ","description":"first","colour":"red",)"
                   R"("tags":["a","b"]}})");
  ASSERT_EQ(made.status, 201) << made.body;
  const auto id = made.text({"project", "id"});
  EXPECT_EQ(id.size(), 32u);
  EXPECT_EQ(made.text({"project", "name"}), "alpha");
  EXPECT_EQ(made.text({"project", "domain_id"}), "default");
  EXPECT_EQ(made.text({"project", "parent_id"}), "default");
  EXPECT_EQ(made.text({"project", "colour"}), "red");
  EXPECT_EQ(made.text({"project", "links", "self"}),
            "http://cloud.test:5000/identity/v3/projects/" + id);
  EXPECT_EQ(identity.get("/projects/" + id).json, made.json);
  const auto changed = identity.patch("/projects/" + id, R"({"project":{"description":null}})");
  EXPECT_EQ(changed.status, 200);
  EXPECT_TRUE(changed.json.at({"project", "description"})->is_null());
  EXPECT_EQ(changed.text({"project", "colour"}), "red");
  EXPECT_EQ(identity.remove("/projects/" + id).status, 204);
  const auto gone = identity.get("/projects/" + id);
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(gone.text({"error", "message"}), "Could not find project: " + id + ".");
}

TEST(Project, RefusesBadInput) {
  TestIdentity identity;
  for (const char* body :
       {"", "[]", "{}", R"({"project":5})", R"({"project":{}})", R"({"project":{"name":""}})",
        R"({"project":{"name":"   "}})", R"({"project":{"name":5}})",
        R"({"project":{"name":"a","enabled":"maybe"}})",
        R"({"project":{"name":"a","domain_id":"nowhere"}})",
        R"({"project":{"name":"a","parent_id":"nowhere"}})",
        R"({"project":{"name":"a","tags":["a","a"]}})",
        R"({"project":{"name":"a","tags":["a,b"]}})", R"({"project":{"name":"a","tags":"a"}})",
        R"({"project":{"name":"a","is_domain":true,"parent_id":"default"}})",
        R"({"project":{"name":"a","options":{"unknown":true}}})",
        R"({"project":{"name":"a","options":{"immutable":5}}})"}) {
    EXPECT_EQ(identity.post("/projects", body).status, 400) << body;
  }
  EXPECT_EQ(
      identity
          .post("/projects", fmt::format(R"({{"project":{{"name":"{}"}}}})", std::string(65, 'x')))
          .status,
      400);
  const auto twice = identity.post("/projects", R"({"project":{"name":"demo"}})");
  EXPECT_EQ(twice.status, 409);
  EXPECT_NE(twice.text({"error", "message"}).find("it is not permitted to have two projects"),
            std::string::npos);
}

TEST(Project, FormsATree) {
  TestIdentity identity;
  const auto top = identity.project("top");
  const auto middle = identity.project("middle", fmt::format(R"(,"parent_id":"{}")", top));
  const auto low = identity.project("low", fmt::format(R"(,"parent_id":"{}")", middle));
  const auto down = identity.get("/projects/" + top + "?subtree_as_ids");
  EXPECT_TRUE(down.json.at({"project", "subtree", middle, low})->is_null());
  const auto up = identity.get("/projects/" + low + "?parents_as_ids");
  EXPECT_TRUE(up.json.at({"project", "parents", middle, top, "default"})->is_null());
  EXPECT_EQ(identity.get("/projects/" + top + "?parents_as_ids&parents_as_list").status, 400);
  identity.grant(identity.user_id("admin"), middle, "member");
  const auto list = identity.get("/projects/" + top + "?subtree_as_list");
  const auto* subtree = list.json.at({"project", "subtree"});
  ASSERT_TRUE(subtree && subtree->array());
  ASSERT_EQ(subtree->array()->size(), 1u);  // only what the caller has a role in
  EXPECT_EQ(*subtree->array()->front().at({"project", "id"})->text(), middle);
  EXPECT_EQ(identity.remove("/projects/" + top).status, 403);
  EXPECT_EQ(identity.patch("/projects/" + top, R"({"project":{"enabled":false}})").status, 403);
  EXPECT_EQ(identity.patch("/projects/" + low, R"({"project":{"parent_id":"default"}})").status,
            403);
}

TEST(Project, HasALimitedDepth) {
  TestIdentity identity;
  std::string parent = "default";
  for (int level = 0; level < 5; ++level) {
    parent =
        identity.project(fmt::format("p{}", level), fmt::format(R"(,"parent_id":"{}")", parent));
    ASSERT_NE(parent, "") << level;
  }
  EXPECT_EQ(identity
                .post("/projects",
                      fmt::format(R"({{"project":{{"name":"x","parent_id":"{}"}}}})", parent))
                .status,
            403);
}

TEST(Project, ListsAreFilteredPagedAndLinked) {
  TestIdentity identity;
  for (const char* name : {"one", "two", "three"}) identity.project(name, R"(,"tags":["t"])");
  const auto count = [&](const std::string& query) {
    const auto answer = identity.get("/projects" + query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.json.at({"projects"})->array()->size();
  };
  EXPECT_EQ(count(""), 6u);
  EXPECT_EQ(count("?name=two"), 1u);
  EXPECT_EQ(count("?name__contains=o"), 3u);  // one, two, demo
  EXPECT_EQ(count("?name__istartswith=T"), 2u);
  EXPECT_EQ(count("?name__endswith=e"), 3u);  // one, three, service
  EXPECT_EQ(count("?tags=t"), 3u);
  EXPECT_EQ(count("?not-tags=t"), 3u);
  EXPECT_EQ(count("?is_domain=true"), 1u);
  EXPECT_EQ(count("?enabled=false"), 0u);
  EXPECT_EQ(count("?domain_id=default&parent_id=default"), 6u);
  EXPECT_EQ(count("?unknown=x"), 6u);
  const auto page = identity.get("/projects?limit=2");
  EXPECT_EQ(page.json.at({"projects"})->array()->size(), 2u);
  EXPECT_TRUE(*page.json.at({"truncated"})->boolean());
  const auto next = page.text({"links", "next"});
  EXPECT_NE(next.find("/identity/v3/projects?limit=2&marker="), std::string::npos) << next;
  EXPECT_TRUE(page.json.at({"links", "previous"})->is_null());
  EXPECT_EQ(page.text({"links", "self"}), "http://cloud.test:5000/identity/v3/projects?limit=2");
  EXPECT_EQ(identity.get("/projects?marker=nothing").status, 404);
  EXPECT_EQ(identity.get("/projects?limit=x").status, 400);
}

TEST(Project, CanBeLockedAgainstChange) {
  TestIdentity identity;
  const auto id = identity.project("locked", R"(,"options":{"immutable":true})");
  EXPECT_EQ(identity.patch("/projects/" + id, R"({"project":{"name":"x"}})").status, 403);
  EXPECT_EQ(identity.remove("/projects/" + id).status, 403);
  EXPECT_EQ(
      identity.patch("/projects/" + id, R"({"project":{"options":{"immutable":false}}})").status,
      200);
  EXPECT_EQ(identity.remove("/projects/" + id).status, 204);
}

TEST(Project, CarriesTags) {
  TestIdentity identity;
  const auto base = "/projects/" + identity.project("tagged") + "/tags";
  EXPECT_EQ(identity.put(base + "/blue").status, 201);
  EXPECT_EQ(identity.get(base + "/blue").status, 204);
  EXPECT_EQ(identity.get(base + "/red").status, 404);
  EXPECT_EQ(identity.put(base, R"({"tags":["x","y"]})").status, 200);
  EXPECT_EQ(identity.get(base).json.at({"tags"})->array()->size(), 2u);
  EXPECT_EQ(identity.put(base, R"({"tags":[5]})").status, 400);
  EXPECT_EQ(identity.put(base, R"({"tags":["a","a"]})").status, 400);
  EXPECT_EQ(identity.remove(base + "/x").status, 204);
  EXPECT_EQ(identity.remove(base + "/x").status, 404);
  EXPECT_EQ(identity.remove(base).status, 204);
  EXPECT_EQ(identity.get(base).json.at({"tags"})->array()->size(), 0u);
}

TEST(Project, IsSeenByMembersAndHiddenFromOthers) {
  TestIdentity identity;
  const auto id = identity.project_id("demo");
  const auto demo = identity.login("demo", "demo", project_scope(id));
  EXPECT_EQ(identity.as(demo, "GET", "/projects/" + id).status, 200);
  EXPECT_EQ(identity.as(demo, "GET", "/projects/" + identity.project_id("admin")).status, 403);
  EXPECT_EQ(identity.as(demo, "GET", "/projects/nothing").status, 403);
  EXPECT_EQ(identity.as(demo, "GET", "/projects").status, 403);
  EXPECT_EQ(identity.as(demo, "POST", "/projects", R"({"project":{"name":"a"}})").status, 403);
  const auto own = identity.as(demo, "GET", "/auth/projects");
  ASSERT_EQ(own.json.at({"projects"})->array()->size(), 1u);
  EXPECT_EQ(identity.as(demo, "GET", "/users/" + identity.user_id("demo") + "/projects").status,
            200);
}

TEST(Domain, IsMadeDisabledAndDeletedWithItsContents) {
  TestIdentity identity;
  const auto made = identity.post("/domains", R"({"domain":{"name":"west","description":"d"}})");
  ASSERT_EQ(made.status, 201) << made.body;
  const auto id = made.text({"domain", "id"});
  EXPECT_EQ(made.json.at({"domain", "is_domain"}), nullptr);
  const auto project = identity.project("inside", fmt::format(R"(,"domain_id":"{}")", id));
  const auto user =
      identity
          .post("/users",
                fmt::format(R"({{"user":{{"name":"westerner","domain_id":"{}","password":"p"}}}})",
                            id))
          .text({"user", "id"});
  identity.grant(user, project, "member");
  const auto token = identity.authenticate(fmt::format(
      R"({{"auth":{{"identity":{{"methods":["password"],"password":{{"user":{{"id":"{}",)"
      R"("password":"p"}}}}}},"scope":{{"project":{{"id":"{}"}}}}}}}})",
      user, project));
  ASSERT_EQ(token.status, 201) << token.body;
  const std::string text(token.headers.get("X-Subject-Token"));
  EXPECT_EQ(identity.get("/projects/" + id).status, 200);  // its project side
  EXPECT_EQ(identity.remove("/domains/" + id).status, 403);
  EXPECT_EQ(identity.patch("/domains/" + id, R"({"domain":{"enabled":false}})").status, 200);
  EXPECT_EQ(identity.keystone.authenticate(text), nullptr);
  EXPECT_EQ(identity.remove("/domains/" + id).status, 204);
  EXPECT_EQ(identity.get("/domains/" + id).status, 404);
  EXPECT_EQ(identity.get("/projects/" + project).status, 404);
  EXPECT_EQ(identity.get("/users/" + user).status, 404);
}

TEST(Domain, TakesAnExplicitIdAndRefusesASecondName) {
  TestIdentity identity;
  const std::string id(32, 'a');
  EXPECT_EQ(identity
                .post("/domains",
                      fmt::format(R"({{"domain":{{"name":"e","explicit_domain_id":"{}"}}}})", id))
                .text({"domain", "id"}),
            id);
  EXPECT_EQ(identity.post("/domains", R"({"domain":{"name":"f","explicit_domain_id":"x"}})").status,
            400);
  EXPECT_EQ(identity.post("/domains", R"({"domain":{"name":"e"}})").status, 409);
  EXPECT_EQ(identity.get("/domains?name=e").json.at({"domains"})->array()->size(), 1u);
  EXPECT_EQ(identity.get("/domains/" + identity.project_id("demo")).status, 404);
}

}  // namespace
}  // namespace haneul::keystone
