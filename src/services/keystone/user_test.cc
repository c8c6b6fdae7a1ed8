#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

TEST(User, IsMadeShownChangedAndDeleted) {
  TestIdentity identity;
  const auto made =
      identity.post("/users", R"({"user":{"name":"ann","password":"p","email":"a@b",)"
                              R"("description":"d","options":{"lock_password":true}}})");
  ASSERT_EQ(made.status, 201) << made.body;
  const auto id = made.text({"user", "id"});
  EXPECT_EQ(made.json.at({"user", "password"}), nullptr);
  EXPECT_EQ(made.json.at({"user", "password_hash"}), nullptr);
  EXPECT_EQ(made.json.at({"user", "default_project_id"}), nullptr);
  EXPECT_TRUE(made.json.at({"user", "password_expires_at"})->is_null());
  EXPECT_EQ(made.text({"user", "email"}), "a@b");
  EXPECT_TRUE(*made.json.at({"user", "options", "lock_password"})->boolean());
  EXPECT_EQ(identity.get("/users/" + id).json, made.json);
  const auto changed = identity.patch(
      "/users/" + id, R"({"user":{"name":"anna","email":"c@d","options":{"lock_password":null}}})");
  EXPECT_EQ(changed.text({"user", "name"}), "anna");
  EXPECT_EQ(changed.text({"user", "email"}), "c@d");
  EXPECT_EQ(changed.text({"user", "description"}), "d");
  EXPECT_EQ(changed.json.at({"user", "options", "lock_password"}), nullptr);
  EXPECT_EQ(identity.remove("/users/" + id).status, 204);
  EXPECT_EQ(identity.get("/users/" + id).status, 404);
  EXPECT_EQ(identity.remove("/users/" + id).status, 404);
}

TEST(User, RefusesBadInput) {
  TestIdentity identity;
  for (const char* body :
       {R"({"user":{}})", R"({"user":{"name":""}})", R"({"user":{"name":null}})",
        R"({"user":{"name":"a","password":5}})", R"({"user":{"name":"a","enabled":5}})",
        R"({"user":{"name":"a","options":[]}})",
        R"({"user":{"name":"a","options":{"multi_factor_auth_rules":[[]]}}})",
        R"({"user":{"name":"a","default_project_id":"default"}})"}) {
    const auto answer = identity.post("/users", body);
    EXPECT_EQ(answer.status, 400) << body << answer.body;
  }
  EXPECT_EQ(identity.post("/users", R"({"user":{"name":"a","domain_id":"nowhere"}})").status, 404);
  const auto twice = identity.post("/users", R"({"user":{"name":"demo","password":"x"}})");
  EXPECT_EQ(twice.status, 409);
  EXPECT_EQ(twice.text({"error", "message"}),
            "Conflict occurred attempting to store user - Duplicate entry found with name demo at "
            "domain ID default.");
  const auto path = "/users/" + identity.user_id("demo");
  EXPECT_EQ(identity.patch(path, R"({"user":{"id":"other"}})").status, 400);
  EXPECT_EQ(identity.patch(path, R"({"user":{"domain_id":"other"}})").status, 400);
  EXPECT_EQ(identity.patch("/users/none", R"({"user":{"name":"x"}})").status, 404);
  EXPECT_EQ(identity
                .post("/users", fmt::format(R"({{"user":{{"name":"l","password":"{}"}}}})",
                                            std::string(5000, 'x')))
                .status,
            403);
}

TEST(User, ChangesTheOwnPasswordWithoutAToken) {
  TestIdentity identity;
  const auto id = identity.user("eve", "old");
  const auto token = identity.login("eve", "old");
  const auto path = "/users/" + id + "/password";
  const auto change = [&](const char* original, const char* wanted) {
    return identity
        .as("", "POST", path,
            fmt::format(R"({{"user":{{"original_password":"{}","password":"{}"}}}})", original,
                        wanted))
        .status;
  };
  EXPECT_EQ(change("wrong", "new"), 401);
  EXPECT_EQ(change("old", "new"), 204);
  EXPECT_EQ(identity.keystone.authenticate(token), nullptr);
  EXPECT_EQ(identity.login("eve", "old"), "");
  EXPECT_NE(identity.login("eve", "new"), "");
  EXPECT_EQ(identity
                .as("", "POST", "/users/none/password",
                    R"({"user":{"original_password":"a","password":"b"}})")
                .status,
            401);
  EXPECT_EQ(identity.as("", "POST", path, R"({"user":{"password":"b"}})").status, 400);
  identity.patch("/users/" + id, R"({"user":{"options":{"lock_password":true}}})");
  EXPECT_EQ(change("new", "newer"), 400);
}

TEST(User, ListsAreFiltered) {
  TestIdentity identity;
  identity.user("bob", "p");
  const auto count = [&](const std::string& query) {
    const auto answer = identity.get("/users" + query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.json.at({"users"})->array()->size();
  };
  EXPECT_EQ(count(""), 3u);
  EXPECT_EQ(count("?name=bob"), 1u);
  EXPECT_EQ(count("?enabled=true"), 3u);
  EXPECT_EQ(count("?domain_id=other"), 0u);
  EXPECT_EQ(count("?password_expires_at=lt:2030-01-01T00:00:00Z"), 0u);
  EXPECT_EQ(identity.get("/users?password_expires_at=xx:2030-01-01T00:00:00Z").status, 400);
  EXPECT_EQ(identity.get("/users?password_expires_at=lt:soon").status, 400);
}

TEST(User, SeesOnlyItself) {
  TestIdentity identity;
  const auto demo = identity.login("demo", "demo", project_scope(identity.project_id("demo")));
  EXPECT_EQ(identity.as(demo, "GET", "/users/" + identity.user_id("demo")).status, 200);
  EXPECT_EQ(identity.as(demo, "GET", "/users/" + identity.user_id("admin")).status, 403);
  EXPECT_EQ(identity.as(demo, "GET", "/users/none").status, 403);
  EXPECT_EQ(identity.as(demo, "GET", "/users").status, 403);
  EXPECT_EQ(
      identity
          .as(demo, "PATCH", "/users/" + identity.user_id("demo"), R"({"user":{"enabled":false}})")
          .status,
      403);
}

TEST(User, WithRulesOfManyFactorsNeedsThoseThatAreActive) {
  TestIdentity identity;
  const auto id = identity.user("mfa", "p");
  const auto rule = [&](const char* rules) {
    return identity
        .patch("/users/" + id,
               fmt::format(R"({{"user":{{"options":{{"multi_factor_auth_rules":{}}}}}}})", rules))
        .status;
  };
  EXPECT_EQ(rule(R"([["password","token"]])"), 200);
  EXPECT_EQ(identity.login("mfa", "p"), "");
  EXPECT_EQ(rule(R"([["password","totp"]])"), 200);
  EXPECT_NE(identity.login("mfa", "p"), "") << "totp is off";
  for (const char* bad : {R"("x")", R"([[]])", R"([[1]])", R"([["a"],["a"]])", R"([["a","a"]])"}) {
    EXPECT_EQ(rule(bad), 400) << bad;
  }
}

TEST(Group, HasMembersWhoseRolesFollowIt) {
  TestIdentity identity;
  const auto made = identity.post("/groups", R"({"group":{"name":"g","description":"d"}})");
  ASSERT_EQ(made.status, 201) << made.body;
  const auto group = made.text({"group", "id"});
  const auto project = identity.project("shared");
  const auto demo = identity.user_id("demo");
  EXPECT_EQ(identity
                .put(fmt::format("/projects/{}/groups/{}/roles/{}", project, group,
                                 identity.role_id("reader")))
                .status,
            204);
  EXPECT_EQ(identity.login("demo", "demo", project_scope(project)), "");
  const auto member = fmt::format("/groups/{}/users/{}", group, demo);
  EXPECT_EQ(identity.get(member).status, 404);
  EXPECT_EQ(identity.put(member).status, 204);
  EXPECT_EQ(identity.put(member).status, 204);
  EXPECT_EQ(identity.get(member).status, 204);
  EXPECT_EQ(identity.request("HEAD", member).status, 204);
  const auto token = identity.login("demo", "demo", project_scope(project));
  ASSERT_NE(token, "");
  EXPECT_EQ(identity.get("/groups/" + group + "/users").json.at({"users"})->array()->size(), 1u);
  EXPECT_EQ(identity.get("/users/" + demo + "/groups").json.at({"groups"})->array()->size(), 1u);
  EXPECT_EQ(identity.remove(member).status, 204);
  EXPECT_EQ(identity.keystone.authenticate(token), nullptr);
  EXPECT_EQ(identity.remove(member).status, 404);
  EXPECT_EQ(identity.put(fmt::format("/groups/{}/users/none", group)).status, 404);
  EXPECT_EQ(identity.put("/groups/none/users/" + demo).status, 404);
}

TEST(Group, IsChangedListedAndDeleted) {
  TestIdentity identity;
  const auto id = identity.post("/groups", R"({"group":{"name":"g"}})").text({"group", "id"});
  EXPECT_EQ(identity.patch("/groups/" + id, R"({"group":{"name":"h"}})").text({"group", "name"}),
            "h");
  EXPECT_EQ(identity.post("/groups", R"({"group":{"name":"h"}})").status, 409);
  EXPECT_EQ(identity.post("/groups", R"({"group":{}})").status, 400);
  EXPECT_EQ(identity.get("/groups?name=h").json.at({"groups"})->array()->size(), 1u);
  EXPECT_EQ(identity.remove("/groups/" + id).status, 204);
  EXPECT_EQ(identity.get("/groups/" + id).status, 404);
}

}  // namespace
}  // namespace haneul::keystone
