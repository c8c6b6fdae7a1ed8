#include "services/keystone/epochs.h"

#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

// Two processes' worth of Keystone over one database. What is mirrored in memory is asked of
// `there` before and after it is changed `here`.
class TwoProcesses : public ::testing::Test {
 protected:
  void SetUp() override {
    user = here.user("mira", "secret");
    project = here.project("garden");
    here.grant(user, project, "member");
    token = here.login("mira", "secret", project_scope(project));
    ASSERT_EQ(there.inspect(token).status, 200);
  }
  std::string roles(TestIdentity& identity) const {
    const auto answer = identity.inspect(token);
    std::string names;
    const auto* list = answer.json.at({"token", "roles"});
    if (!list || !list->array()) return "none";
    for (const auto& role : *list->array()) names += *role.at({"name"})->text() + " ";
    return names;
  }
  std::string role(std::string_view name) {
    return here.post("/roles", fmt::format(R"({{"role":{{"name":"{}"}}}})", name))
        .text({"role", "id"});
  }

  TestIdentity here;
  TestIdentity there{{}, nullptr, &here};
  std::string user, project, token;
};

TEST_F(TwoProcesses, RefuseARevokedToken) {
  EXPECT_EQ(here.as(here.admin, "DELETE", "/auth/tokens", {}, {{"X-Subject-Token", token}}).status,
            204);
  EXPECT_EQ(there.inspect(token).status, 404);
  EXPECT_EQ(there.as(token, "GET", "/auth/projects").status, 401);
}

TEST_F(TwoProcesses, RefuseTheTokensOfALostGrant) {
  here.remove(fmt::format("/projects/{}/users/{}/roles/{}", project, user, here.role_id("member")));
  EXPECT_EQ(there.inspect(token).status, 404);
  here.grant(user, project, "member");
  EXPECT_EQ(there.inspect(token).status, 200);
}

TEST_F(TwoProcesses, RefuseTheTokensOfAnOldPassword) {
  const auto body = R"({"user":{"password":"other"}})";
  EXPECT_EQ(here.patch("/users/" + user, body).status, 200);
  EXPECT_EQ(there.inspect(token).status, 404);
  const auto fresh = there.login("mira", "other", project_scope(project));
  EXPECT_EQ(here.inspect(fresh).status, 200) << "made in the second of the change, elsewhere";
  EXPECT_EQ(here.patch("/users/" + user, R"({"user":{"password":"third"}})").status, 200);
  EXPECT_EQ(there.inspect(fresh).status, 404) << "the second change of that second";
}

TEST_F(TwoProcesses, SeeARoleImpliedRenamedAndGone) {
  const auto gardener = role("gardener");
  here.grant(user, project, "gardener");
  EXPECT_EQ(roles(there), "gardener member reader ");
  const auto digger = role("digger");
  EXPECT_EQ(here.put(fmt::format("/roles/{}/implies/{}", gardener, digger)).status, 201);
  EXPECT_EQ(roles(there), "digger gardener member reader ");
  EXPECT_EQ(here.patch("/roles/" + digger, R"({"role":{"name":"hoer"}})").status, 200);
  EXPECT_EQ(roles(there), "gardener hoer member reader ");
  EXPECT_EQ(here.remove("/roles/" + gardener).status, 204);
  EXPECT_EQ(roles(there), "member reader ");
}

TEST_F(TwoProcesses, SeeTheCatalogChange) {
  const auto names = [&] {
    std::string all;
    const auto answer = there.inspect(token);
    for (const auto& service : *answer.json.at({"token", "catalog"})->array()) {
      all += *service.at({"type"})->text() + " ";
    }
    return all;
  };
  EXPECT_EQ(names(), "identity volumev3 ");
  here.post("/services", R"({"service":{"type":"lighting","name":"lamps"}})");
  EXPECT_EQ(names(), "identity lighting volumev3 ");
}

TEST_F(TwoProcesses, RefuseWhatHangsOnADisabledProjectOrDomain) {
  const auto patched = [&](const char* enabled) {
    const auto body = fmt::format(R"({{"project":{{"enabled":{}}}}})", enabled);
    EXPECT_EQ(here.patch("/projects/" + project, body).status, 200);
    return there.inspect(token).status;
  };
  EXPECT_EQ(patched("false"), 404);
  EXPECT_EQ(patched("true"), 200);
  EXPECT_EQ(here.remove("/projects/" + project).status, 204);
  EXPECT_EQ(there.inspect(token).status, 404);
}

TEST_F(TwoProcesses, KeepWhatTheyKnowWhileNothingChanges) {
  const auto reads = there.cloud.db().stats().reads;
  ASSERT_EQ(there.inspect(token).status, 200);
  EXPECT_EQ(there.cloud.db().stats().reads, reads) << "no row is read for a token that is kept";
  here.cloud.db().write(
      [](db::Transaction& tx) { tx.execute("INSERT INTO regions (id) VALUES ('elsewhere')"); });
  ASSERT_EQ(there.inspect(token).status, 200);
  EXPECT_EQ(there.cloud.db().stats().reads, reads + 1) << "only whether an epoch moved";
}

TEST_F(TwoProcesses, NeverUseANumberTwice) {
  auto& clock = here.cloud.clock();
  Epochs epochs(here.cloud.db(), clock);
  const auto before = epochs.at(user);
  const auto undone = [&](db::Transaction& tx) {
    epochs.change_user(tx, user);
    throw std::runtime_error("undone");
  };
  EXPECT_THROW(here.cloud.db().write(undone), std::runtime_error);
  EXPECT_EQ(epochs.at(user), before);
  const auto moved = [&] {
    here.cloud.db().write([&](db::Transaction& tx) { epochs.change_user(tx, user); });
    return epochs.at(user).user;
  };
  clock.advance(std::chrono::seconds(1));
  const auto first = moved();
  EXPECT_GE(first, static_cast<std::uint64_t>(clock.now().micros)) << "no number of an older copy";
  EXPECT_EQ(moved(), first + 1);
  clock.advance(std::chrono::seconds(-100));
  EXPECT_EQ(moved(), first + 2);
}

// The other process asks as fast as it can meanwhile: what is acknowledged must not be answered
// from what it kept of the moment before.
TEST_F(TwoProcesses, RefuseAtOnceWhileOthersAsk) {
  std::atomic<bool> done = false;
  std::mutex mutex;
  std::string asked = token;
  const auto asks = [&] {
    while (!done) {
      const auto text = [&] {
        const std::lock_guard lock(mutex);
        return asked;
      }();
      there.inspect(text);
    }
  };
  std::thread first(asks), second(asks);
  for (int i = 0; i < 50; ++i) {
    const auto fresh = here.login("mira", "secret", project_scope(project));
    {
      const std::lock_guard lock(mutex);
      asked = fresh;
    }
    EXPECT_EQ(there.inspect(fresh).status, 200);
    here.as(here.admin, "DELETE", "/auth/tokens", {}, {{"X-Subject-Token", fresh}});
    EXPECT_EQ(there.inspect(fresh).status, 404) << i;
  }
  done = true;
  first.join();
  second.join();
}

}  // namespace
}  // namespace haneul::keystone
