#include <fmt/format.h>
#include <gtest/gtest.h>

#include "notify/journal.h"
#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;
constexpr const char* kAuth = "/OS-FEDERATION/identity_providers/club/protocols/mapped/auth";

Options with_proxy() {
  Options options;
  options.assertion_prefix = "HTTP_OIDC_";
  options.trusted_proxies = {"127.0.0.1"};
  options.remote_id_attribute = "HTTP_OIDC_ISS";
  options.trusted_dashboards = {"https://Board.test/auth/websso/"};
  return options;
}

// A provider, a mapping and a protocol between them.
struct Club {
  explicit Club(Options options = with_proxy()) : identity(std::move(options)) {
    provider(R"("enabled":true,"remote_ids":["https://club.test"])");
    map(R"({"user":{"name":"{0}","email":"{1}"}},{"group":{"name":"crew","domain":{"id":"default"}}})");
    const auto path = "/OS-FEDERATION/identity_providers/club/protocols/mapped";
    EXPECT_EQ(identity.put(path, R"({"protocol":{"mapping_id":"rules"}})").status, 201);
    const auto made = identity.post("/groups", R"({"group":{"name":"crew"}})");
    group = made.text({"group", "id"});
  }
  void provider(const std::string& members) {
    const auto path = "/OS-FEDERATION/identity_providers/club";
    const auto body = "{\"identity_provider\":{" + members + "}}";
    const auto made = identity.put(path, body);
    if (made.status == 409) {
      EXPECT_EQ(identity.patch(path, body).status, 200);
    }
  }
  void map(const std::string& local) {
    const auto body =
        fmt::format(R"({{"mapping":{{"rules":[{{"local":[{}],"remote":[{{"type":"HTTP_OIDC_SUB"}},)"
                    R"({{"type":"HTTP_OIDC_EMAIL"}}]}}]}}}})",
                    local);
    const auto path = "/OS-FEDERATION/mappings/rules";
    const auto made = identity.put(path, body);
    if (made.status == 409) {
      EXPECT_EQ(identity.patch(path, body).status, 200);
    } else {
      EXPECT_EQ(made.status, 201) << made.body;
    }
  }
  Headers headers(const std::string& name, const std::string& issuer = "https://club.test") {
    return {{"Oidc-Sub", name}, {"oidc-email", name + "@club.test"}, {"OIDC-ISS", issuer}};
  }
  resource::Answer enter(const std::string& name, const std::string& issuer = "https://club.test") {
    return identity.as("", "POST", kAuth, "", headers(name, issuer));
  }
  TestIdentity identity;
  std::string group;
};

std::string token_in(const resource::Answer& answer) {
  return std::string(answer.headers.get("X-Subject-Token"));
}

TEST(Federation, NounsAreKept) {
  TestIdentity identity;
  const std::string base = "/OS-FEDERATION/identity_providers";
  const auto made =
      identity.put(base + "/a", R"({"identity_provider":{"remote_ids":["r1","r2"]}})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.text({"identity_provider", "id"}), "a");
  EXPECT_FALSE(*made.json.at({"identity_provider", "enabled"})->boolean());
  EXPECT_TRUE(made.text({"identity_provider", "links", "protocols"})
                  .ends_with("/v3/OS-FEDERATION/identity_providers/a/protocols"));
  const auto domain = identity.get("/domains/" + made.text({"identity_provider", "domain_id"}));
  EXPECT_EQ(domain.text({"domain", "description"}),
            "Auto generated federated domain for Identity Provider: a");
  EXPECT_EQ(identity.put(base + "/a", R"({"identity_provider":{}})").text({"error", "message"}),
            "Conflict occurred attempting to store identity_provider - Duplicate entry: a.");
  EXPECT_EQ(identity.put(base + "/b", R"({"identity_provider":{"remote_ids":["r2"]}})")
                .text({"error", "message"}),
            "Conflict occurred attempting to store identity_provider - Duplicate remote ID: r2.");
  EXPECT_EQ(identity.get(base + "/none").text({"error", "message"}),
            "Could not find Identity Provider: none.");
  EXPECT_EQ(identity.get(base + "?id=a").json.at({"identity_providers"})->array()->size(), 1u);
  EXPECT_EQ(identity.get(base + "?enabled=true").json.at({"identity_providers"})->array()->size(),
            0u);
  for (const char* bad : {R"({"identity_provider":{"enabled":"x"}})",
                          R"({"identity_provider":{"remote_ids":["a","a"]}})",
                          R"({"identity_provider":{"authorization_ttl":-1}})",
                          R"({"identity_provider":{"hue":1}})"}) {
    EXPECT_EQ(identity.put(base + "/c", bad).status, 400) << bad;
  }
  EXPECT_EQ(identity.patch(base + "/a", R"({"identity_provider":{"domain_id":"default"}})").status,
            400);
  EXPECT_EQ(identity.patch(base + "/a", R"({"identity_provider":{}})").status, 400);
  const auto changed = identity.patch(
      base + "/a", R"({"identity_provider":{"remote_ids":null,"authorization_ttl":5}})");
  EXPECT_EQ(changed.json.at({"identity_provider", "remote_ids"})->array()->size(), 0u);
  EXPECT_EQ(identity.put(base + "/b", R"({"identity_provider":{"remote_ids":["r2"]}})").status,
            201);
  EXPECT_EQ(identity.remove(base + "/a").status, 204);
  EXPECT_EQ(identity.remove(base + "/a").status, 404);
}

TEST(Federation, ProtocolsNeedAMapping) {
  TestIdentity identity;
  const std::string idp = "/OS-FEDERATION/identity_providers/a", one = idp + "/protocols/saml2";
  const auto body = [](const char* mapping) {
    return fmt::format(R"({{"protocol":{{"mapping_id":"{}"}}}})", mapping);
  };
  identity.put(idp, R"({"identity_provider":{}})");
  EXPECT_EQ(identity.put(one, body("m")).text({"error", "message"}), "Invalid mapping id: m");
  EXPECT_EQ(identity.put(one, body("m m")).status, 400);
  const auto* rules = R"({"mapping":{"rules":[{"local":[],"remote":[{"type":"x"}]}]}})";
  ASSERT_EQ(identity.put("/OS-FEDERATION/mappings/m", rules).status, 201);
  EXPECT_EQ(identity.put("/OS-FEDERATION/mappings/m", rules).status, 409);
  EXPECT_EQ(identity.get("/OS-FEDERATION/mappings/m").text({"mapping", "schema_version"}), "1.0");
  EXPECT_EQ(identity.put("/OS-FEDERATION/mappings/n", R"({"mapping":{"rules":[]}})").status, 400);
  EXPECT_EQ(identity.put("/OS-FEDERATION/identity_providers/none/protocols/x", body("m")).status,
            404);
  const auto made = identity.put(one, body("m"));
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_TRUE(made.text({"protocol", "links", "self"}).ends_with(idp + "/protocols/saml2"));
  EXPECT_EQ(
      identity.put(one, body("m")).text({"error", "message"}),
      "Conflict occurred attempting to store federation_protocol - Duplicate entry found with "
      "ID saml2.");
  EXPECT_EQ(identity.patch(one, R"({"protocol":{}})").status, 400);
  EXPECT_EQ(identity.patch(one, R"({"protocol":{"mapping_id":"none"}})").status, 400);
  EXPECT_EQ(identity.patch(one, R"({"protocol":{"remote_id_attribute":"A"}})").status, 200);
  EXPECT_EQ(identity.get(idp + "/protocols").json.at({"protocols"})->array()->size(), 1u);
  EXPECT_EQ(identity.remove(one).status, 204);
  EXPECT_EQ(identity.get(one).text({"error", "message"}),
            "Could not find federated protocol saml2 for Identity Provider: a.");
}

TEST(Federation, ServiceProvidersAreInTokens) {
  TestIdentity identity;
  const std::string one = "/OS-FEDERATION/service_providers/far";
  EXPECT_EQ(
      identity.put(one, R"({"service_provider":{"auth_url":"no","sp_url":"http://b"}})").status,
      400);
  const auto made = identity.put(
      one, R"({"service_provider":{"auth_url":"http://a/v3","sp_url":"http://b","enabled":true}})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.text({"service_provider", "relay_state_prefix"}), "ss:mem:");
  const auto shown = identity.inspect(identity.login("demo", "demo"));
  const auto* all = shown.json.at({"token", "service_providers"});
  ASSERT_TRUE(all);
  EXPECT_EQ(*all->array()->front().at({"id"})->text(), "far");
  EXPECT_EQ(identity.patch(one, R"({"service_provider":{"enabled":false}})").status, 200);
  EXPECT_FALSE(
      identity.inspect(identity.login("demo", "demo")).json.at({"token", "service_providers"}));
  EXPECT_EQ(identity.remove(one).status, 204);
}

TEST(Federation, AUserComesThroughAProvider) {
  Club club;
  const auto entered = club.enter("ada");
  ASSERT_EQ(entered.status, 201) << entered.body;
  const auto id = entered.text({"token", "user", "id"});
  EXPECT_EQ(id.size(), 64u);
  EXPECT_EQ(entered.text({"token", "user", "name"}), "ada");
  EXPECT_EQ(entered.text({"token", "user", "OS-FEDERATION", "identity_provider", "id"}), "club");
  EXPECT_EQ(entered.text({"token", "user", "OS-FEDERATION", "protocol", "id"}), "mapped");
  const auto* groups = entered.json.at({"token", "user", "OS-FEDERATION", "groups"});
  ASSERT_TRUE(groups && groups->array()->size() == 1);
  EXPECT_EQ(*groups->array()->front().at({"id"})->text(), club.group);
  EXPECT_FALSE(entered.json.at({"token", "user", "password_expires_at"}));
  EXPECT_EQ(club.enter("ada").text({"token", "user", "id"}), id);
  EXPECT_NE(club.enter("bob").text({"token", "user", "id"}), id);
  EXPECT_EQ(club.identity.get("/users/" + id).text({"user", "email"}), "ada@club.test");
}

TEST(Federation, WhatALoginMakesIsInTheHistory) {
  Club club;
  const auto events = [&](const std::string& type) {
    return club.identity.cloud.db().read(
        [&](db::Session& s) { return notify::read(s, {.type = type}, 100); });
  };
  const auto users = events("identity.user.created").size();
  const auto id = club.enter("ada").text({"token", "user", "id"});
  EXPECT_EQ(club.enter("ada").status, 201);
  const auto made = events("identity.user.created");
  ASSERT_EQ(made.size(), users + 1);
  EXPECT_EQ(made.back().event.subject, id);
  EXPECT_EQ(made.back().by.user_id, id);
  EXPECT_EQ(events("identity.federation_protocol.created").size(), 1u);
}

TEST(Federation, GroupsOfTheTokenGiveRoles) {
  Club club;
  auto& identity = club.identity;
  const auto project = identity.project("boat");
  const auto token = token_in(club.enter("ada"));
  const auto scoped = [&](const std::string& method) {
    return identity.as(
        "", "POST", "/auth/tokens",
        fmt::format(R"({{"auth":{{"identity":{{"methods":["{}"],"{}":{{"id":"{}"}}}},)"
                    R"("scope":{{"project":{{"id":"{}"}}}}}}}})",
                    method, method, token, project));
  };
  EXPECT_EQ(scoped("token").status, 401);
  identity.put(fmt::format("/projects/{}/groups/{}/roles/{}", project, club.group,
                           identity.role_id("member")));
  for (const char* method : {"token", "mapped"}) {
    const auto made = scoped(method);
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.text({"token", "project", "id"}), project);
    EXPECT_EQ(made.text({"token", "user", "OS-FEDERATION", "protocol", "id"}), "mapped");
    EXPECT_EQ(identity.inspect(token_in(made)).status, 200);
  }
  const auto projects = identity.as(token, "GET", "/OS-FEDERATION/projects");
  EXPECT_EQ(projects.json.at({"projects"})->array()->size(), 1u) << projects.body;
  club.provider(R"("enabled":false)");
  EXPECT_EQ(scoped("token").status, 403);
  identity.remove("/OS-FEDERATION/identity_providers/club");
  EXPECT_EQ(scoped("token").status, 404);
}

TEST(Federation, MembershipsHoldForTheProvidersTime) {
  Club club;
  auto& identity = club.identity;
  club.provider(R"("authorization_ttl":10)");
  const auto id = club.enter("ada").text({"token", "user", "id"});
  const auto groups = [&] {
    return identity.get("/users/" + id + "/groups").json.at({"groups"})->array()->size();
  };
  EXPECT_EQ(groups(), 1u);
  const auto run = [&] {
    for (const auto& job : identity.keystone.service().jobs()) {
      if (job.name == "keystone.end_group_memberships") job.run();
    }
  };
  identity.cloud.clock().advance(std::chrono::minutes(9));
  run();
  EXPECT_EQ(groups(), 1u);
  identity.cloud.clock().advance(std::chrono::minutes(1));
  run();
  EXPECT_EQ(groups(), 0u);
}

TEST(Federation, ProjectsAreMade) {
  Club club;
  club.map(
      R"({"user":{"name":"{0}"}},{"projects":[{"name":"of {0}","roles":[{"name":"member"}]}]})");
  const auto entered = club.enter("ada");
  ASSERT_EQ(entered.status, 201) << entered.body;
  const auto projects = club.identity.as(token_in(entered), "GET", "/auth/projects");
  ASSERT_EQ(projects.json.at({"projects"})->array()->size(), 1u);
  EXPECT_EQ(*projects.json.at({"projects"})->array()->front().at({"name"})->text(), "of ada");
  EXPECT_EQ(club.enter("ada").status, 201);
  club.map(R"({"user":{"name":"{0}"}},{"projects":[{"name":"p","roles":[{"name":"none"}]}]})");
  EXPECT_EQ(club.enter("ada").text({"error", "message"}), "Could not find role: none.");
}

TEST(Federation, LocalUsersAreThoseThatAreHere) {
  Club club;
  club.map(R"({"user":{"name":"{0}","type":"local","domain":{"id":"default"}}})");
  const auto entered = club.enter("demo");
  ASSERT_EQ(entered.status, 201) << entered.body;
  EXPECT_EQ(entered.text({"token", "user", "id"}), club.identity.user_id("demo"));
  EXPECT_EQ(club.enter("nobody").status, 401);
}

TEST(Federation, WhoDoesNotFitStaysOutside) {
  Club club;
  auto& identity = club.identity;
  EXPECT_EQ(identity.as("", "GET", kAuth).status, 401);
  EXPECT_EQ(club.enter("ada", "https://other.test").status, 403);
  EXPECT_EQ(identity.as("", "GET", kAuth, "", {{"OIDC-ISS", "https://club.test"}}).status, 401);
  club.map(R"({"group":{"id":"gone"}},{"user":{"name":"{0}"}})");
  EXPECT_EQ(club.enter("ada").status, 401);
  club.map(R"({"user":{"name":"{7}"}})");
  EXPECT_EQ(club.enter("ada").status, 401);
  club.provider(R"("enabled":false)");
  EXPECT_EQ(club.enter("ada").status, 403);
  EXPECT_EQ(identity.as("", "GET", "/OS-FEDERATION/identity_providers/x/protocols/y/auth").status,
            404);
}

TEST(Federation, HeadersAreBelievedFromProxiesAlone) {
  Options options = with_proxy();
  options.trusted_proxies = {"192.0.2.7"};
  Club far(options);
  EXPECT_EQ(far.enter("ada").status, 401);
  options = with_proxy();
  options.assertion_prefix = "";
  Club off(options);
  EXPECT_EQ(off.enter("ada").status, 401);
}

TEST(WebSso, HandsTheTokenToATrustedDashboard) {
  Club club;
  const auto sign_on = [&](const std::string& path, const std::string& query) {
    return club.identity.as("", "POST", "/auth/OS-FEDERATION/" + path + query, "",
                            club.headers("ada"));
  };
  const std::string own = "identity_providers/club/protocols/mapped/websso";
  EXPECT_EQ(sign_on(own, "").text({"error", "message"}),
            "Request must have an origin query parameter");
  EXPECT_EQ(sign_on(own, "?origin=https://evil.test/").text({"error", "message"}),
            "https://evil.test/ is not a trusted dashboard host");
  for (const auto& path : {own, std::string("websso/mapped")}) {
    const auto page = sign_on(path, "?origin=https%3A%2F%2Fboard.test%2Fauth%2Fwebsso%2F");
    ASSERT_EQ(page.status, 200) << page.body;
    EXPECT_NE(page.body.find("action=\"https://board.test/auth/websso/\""), std::string::npos);
    EXPECT_TRUE(page.headers.get("Content-Type").starts_with("text/html"));
  }
  EXPECT_EQ(sign_on("websso/other", "?origin=x").text({"error", "message"}),
            "Missing entity ID from environment");
}

}  // namespace
}  // namespace haneul::keystone
