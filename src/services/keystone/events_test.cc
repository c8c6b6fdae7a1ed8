// What Keystone writes into the history of changes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "notify/journal.h"
#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

class EventsTest : public ::testing::Test {
 protected:
  // Types of what happened since the last time, with a "!" where it failed.
  std::vector<std::string> news() {
    std::vector<std::string> types;
    for (const auto& e : entries()) types.push_back(e.event.type + (e.event.success ? "" : "!"));
    return types;
  }
  std::vector<notify::Entry> entries() {
    auto found = identity.cloud.db().read(
        [&](db::Session& s) { return notify::read(s, {.after = seen}, 1000); });
    if (!found.empty()) seen = found.back().id;
    return found;
  }

  TestIdentity identity;
  std::int64_t seen = 0;
};

using Texts = std::vector<std::string>;

TEST_F(EventsTest, EveryChangeOnceAndNoReads) {
  news();
  const auto user = identity.user("ann", "pw");
  const auto project = identity.project("apollo");
  EXPECT_EQ(news(), (Texts{"identity.user.created", "identity.project.created"}));
  identity.get("/users/" + user);
  EXPECT_EQ(identity.patch("/projects/" + project, R"({"project":{"name":""}})").status, 400);
  EXPECT_TRUE(news().empty());
  identity.patch("/projects/" + project, R"({"project":{"description":"x"}})");
  identity.remove("/projects/" + project);
  EXPECT_EQ(news(), (Texts{"identity.project.updated", "identity.project.deleted"}));
}

TEST_F(EventsTest, WhoDidItAndToWhat) {
  news();
  const auto user = identity.user("ann", "pw");
  const auto made = entries().at(0);
  EXPECT_EQ(made.event.subject, user);
  EXPECT_EQ(made.by.user_id, identity.user_id("admin"));
  EXPECT_EQ(made.by.project_id, identity.project_id("admin"));
  EXPECT_EQ(made.by.request_id.substr(0, 4), "req-");
}

TEST_F(EventsTest, RolesMembersAndPasswords) {
  const auto user = identity.user("ann", "pw");
  const auto project = identity.project("apollo");
  news();
  identity.grant(user, project, "member");
  const auto granted = entries().at(0);
  EXPECT_EQ(granted.event.type, "identity.role_assignment.created");
  EXPECT_EQ(*granted.event.details.find("user")->text(), user);
  EXPECT_EQ(*granted.event.details.find("project")->text(), project);
  EXPECT_EQ(*granted.event.details.find("role")->text(), identity.role_id("member"));
  const auto group = identity.post("/groups", R"({"group":{"name":"g"}})").text({"group", "id"});
  identity.put("/groups/" + group + "/users/" + user);
  EXPECT_EQ(news(), (Texts{"identity.group.created", "identity.group.updated"}));
  EXPECT_EQ(identity
                .as("", "POST", "/users/" + user + "/password",
                    R"({"user":{"original_password":"pw","password":"other"}})")
                .status,
            204);
  EXPECT_EQ(news(), Texts{"identity.user.updated"});
}

TEST_F(EventsTest, WhatHangsOnOthers) {
  const auto project = identity.project("apollo");
  const auto role = identity.post("/roles", R"({"role":{"name":"pilot"}})").text({"role", "id"});
  const auto service =
      identity.post("/services", R"({"service":{"type":"t"}})").text({"service", "id"});
  const auto policy =
      identity.post("/policies", R"({"policy":{"type":"t","blob":"b"}})").text({"policy", "id"});
  news();
  EXPECT_EQ(identity.put("/projects/" + project + "/tags/blue").status, 201);
  const auto implied = "/roles/" + role + "/implies/" + identity.role_id("reader");
  EXPECT_EQ(identity.put(implied).status, 201);
  EXPECT_EQ(identity.remove(implied).status, 204);
  const auto association = "/policies/" + policy + "/OS-ENDPOINT-POLICY/services/" + service;
  EXPECT_EQ(identity.put(association).status, 204);
  EXPECT_EQ(identity.remove(association).status, 204);
  EXPECT_EQ(news(), (Texts{"identity.project.updated", "identity.implied_role.created",
                           "identity.implied_role.deleted", "identity.policy_association.created",
                           "identity.policy_association.deleted"}));
}

TEST_F(EventsTest, LoginsGoodAndBad) {
  const auto user = identity.user("ann", "pw");
  news();
  EXPECT_FALSE(identity.login("ann", "pw").empty());
  EXPECT_TRUE(identity.login("ann", "wrong-secret").empty());
  EXPECT_TRUE(identity.login("nobody", "pw").empty());
  const auto found = entries();
  ASSERT_EQ(found.size(), 3u);
  for (const auto& e : found) EXPECT_EQ(e.event.type, "identity.authenticate");
  EXPECT_TRUE(found[0].event.success);
  EXPECT_EQ(found[0].event.subject, user);
  EXPECT_EQ(found[0].by.user_id, user);
  EXPECT_FALSE(found[1].event.success);
  EXPECT_FALSE(found[2].event.success);
  for (const auto& e : found) {
    EXPECT_EQ(json::dump(json::Value(e.event.details)).find("wrong-secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace haneul::keystone
