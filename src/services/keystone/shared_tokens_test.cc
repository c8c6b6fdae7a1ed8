#include "services/keystone/shared_tokens.h"

#include <gtest/gtest.h>

#include "drivers/cache/fake_cache.h"
#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

class SharedTokensTest : public ::testing::Test {
 protected:
  SharedTokensTest() {
    auto caller = std::make_shared<access::Caller>();
    caller->user_name = "mira\n\"ä";
    caller->project_id = access::ProjectId("p1");
    caller->roles = {"member", "reader"};
    caller->role_ids = {access::RoleId("r1"), access::RoleId("r2")};
    caller->methods = {"password", "oauth1"};
    caller->app_cred_restricted = true;
    token.payload.user_id = "u1";
    token.payload.audit_ids = {"a"};
    token.caller = std::move(caller);
    token.body = R"({"token":{"x":1)";
    token.access_rules = access::AccessRules{{"compute", "/v2.1/**", "GET"}};
    token.stamp = {5, 7};
    shared.put("text", token);
  }
  std::unique_ptr<cache::FakeCache> make() {
    auto made = std::make_unique<cache::FakeCache>();
    fake = made.get();
    return made;
  }
  auto find(std::string_view text, Epochs::Stamp stamp) {
    return shared.find(text, token.payload, stamp);
  }

  TemporaryDirectory directory;
  cache::FakeCache* fake = nullptr;
  SharedTokens shared{make(), directory.path(), std::chrono::seconds(600)};
  ValidToken token;
};

TEST_F(SharedTokensTest, GivesBackAllOfAToken) {
  const auto found = find("text", {5, 7});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->body, token.body);
  EXPECT_EQ(found->stamp, token.stamp);
  EXPECT_EQ(found->good_until, token.good_until);
  EXPECT_EQ(found->payload, token.payload);
  const auto& caller = *found->caller;
  EXPECT_EQ(caller.user_name, token.caller->user_name);
  EXPECT_EQ(caller.project_id.text, "p1");
  EXPECT_EQ(caller.roles, token.caller->roles);
  EXPECT_EQ(caller.role_ids, token.caller->role_ids);
  EXPECT_EQ(caller.methods, token.caller->methods);
  EXPECT_EQ(caller.audit_ids, token.payload.audit_ids);
  EXPECT_TRUE(caller.app_cred_restricted);
  ASSERT_TRUE(found->access_rules);
  EXPECT_EQ(found->access_rules->front().path, "/v2.1/**");
}

TEST_F(SharedTokensTest, FindsNothingUnderOtherEpochsOrForAnotherToken) {
  EXPECT_FALSE(find("text", {6, 7}));
  EXPECT_FALSE(find("text", {5, 8}));
  EXPECT_FALSE(find("other", {5, 7}));
}

TEST_F(SharedTokensTest, BelievesNothingThatIsNotSealed) {
  const auto [name, entry] = *fake->values.begin();
  for (std::size_t i = 0; i < entry.size(); i += 7) {
    auto& there = fake->values[name];
    there = entry;
    there[i] = static_cast<char>(there[i] ^ 1);
    EXPECT_FALSE(find("text", {5, 7})) << i;
    there = entry.substr(0, i);
    EXPECT_FALSE(find("text", {5, 7})) << i;
  }
  // Another token's entry, whole as it is, put in this one's place.
  token.caller = std::make_shared<access::Caller>();
  shared.put("admin's", token);
  for (auto& [other, value] : fake->values) {
    if (other != name) fake->values[name] = value;
  }
  EXPECT_FALSE(find("text", {5, 7}));
}

TEST_F(SharedTokensTest, HoldsNoTokenAndIsReadWithTheSameKeyOnly) {
  for (const auto& [name, value] : fake->values) {
    EXPECT_EQ((name + value).find("text"), std::string::npos);
  }
  const auto copy = fake->values;
  const auto elsewhere = [&](const std::filesystem::path& keys) {
    auto cache = std::make_unique<cache::FakeCache>();
    cache->values = copy;
    return SharedTokens(std::move(cache), keys, std::chrono::seconds(600))
        .find("text", token.payload, {5, 7});
  };
  EXPECT_TRUE(elsewhere(directory.path())) << "another process of this cloud";
  EXPECT_FALSE(elsewhere(TemporaryDirectory().path())) << "another cloud";
  const auto mode = std::filesystem::status(directory.path() / "cache.key").permissions();
  EXPECT_EQ(static_cast<unsigned>(mode), 0600u);
}

}  // namespace
}  // namespace haneul::keystone
