// The nouns of other services that Nova answers for up to 2.35, and os-hosts up to 2.42.
#include "services/nova/fixture.h"

namespace haneul::nova {
namespace {

class ProxyTest : public NovaTest {
 protected:
  Answer old(std::string_view method, const std::string& path, std::string body = {}) {
    return ask(method, path, std::move(body), "2.35");
  }
};

TEST_F(ProxyTest, NewVersionsDoNotKnowThem) {
  for (const auto* path : {"/images", "/images/detail", "/os-networks", "/os-tenant-networks",
                           "/os-security-groups", "/os-floating-ips", "/os-floating-ip-pools"}) {
    EXPECT_EQ(ask("GET", path, {}, "2.36").status, 404) << path;
    EXPECT_EQ(old("GET", path).status, 200) << path;
  }
  EXPECT_EQ(ask_admin("GET", "/os-hosts", {}, "2.43").status, 404);
}

TEST_F(ProxyTest, ImagesHaveTheirOldShape) {
  const auto shown = old("GET", "/images/" + image);
  EXPECT_EQ(shown.status, 200) << shown.body;
  EXPECT_EQ(shown.text({"image", "status"}), "ACTIVE");
  EXPECT_EQ(shown.text({"image", "name"}), "tiny");
  const auto some = old("GET", "/images?name=tiny&limit=1");
  ASSERT_EQ(some.json.at({"images"})->array()->size(), 1u) << some.body;
  EXPECT_TRUE(some.json.at({"images_links"})) << some.body;
  EXPECT_TRUE(old("GET", "/images?name=other").json.at({"images"})->array()->empty());
  expect_error(old("GET", "/images/4711"), 404, "itemNotFound", "Image not found.");
}

TEST_F(ProxyTest, ImageMetadataIsGlancesProperties) {
  const std::string path = "/images/" + image + "/metadata";
  const auto as_owner = [&](std::string_view method, const std::string& p, std::string body) {
    return ask_admin(method, p, std::move(body), "2.35");
  };
  EXPECT_EQ(as_owner("PUT", path, R"({"metadata":{"a":"1","b":"2"}})").status, 200);
  EXPECT_EQ(as_owner("POST", path, R"({"metadata":{"b":"3"}})").status, 200);
  EXPECT_EQ(as_owner("DELETE", path + "/a", {}).status, 204);
  EXPECT_EQ(old("GET", path).body, R"({"metadata":{"b":"3"}})");
  EXPECT_EQ(as_owner("PUT", path + "/c", R"({"meta":{"d":"1"}})").status, 400);
  EXPECT_EQ(as_owner("GET", path + "/nope", {}).status, 404);
}

TEST_F(ProxyTest, SecurityGroupsAndTheirRules) {
  const auto made =
      old("POST", "/os-security-groups", R"({"security_group":{"name":"web","description":"d"}})");
  ASSERT_EQ(made.status, 200) << made.body;
  const std::string id = made.text({"security_group", "id"});
  const std::string rule = fmt::format(
      R"({{"security_group_rule":{{"parent_group_id":"{}","ip_protocol":"tcp","from_port":22,)"
      R"("to_port":22}}}})",
      id);
  const auto ssh = old("POST", "/os-security-group-rules", rule);
  ASSERT_EQ(ssh.status, 200) << ssh.body;
  EXPECT_EQ(ssh.text({"security_group_rule", "ip_range", "cidr"}), "0.0.0.0/0");
  expect_error(old("POST", "/os-security-group-rules", rule), 400, "badRequest", "already exists");
  const std::string rule_id = ssh.text({"security_group_rule", "id"});
  EXPECT_EQ(old("DELETE", "/os-security-group-rules/" + rule_id).status, 202);
  EXPECT_EQ(old("DELETE", "/os-security-groups/" + id).status, 202);
  EXPECT_EQ(old("GET", "/os-security-groups/" + id).status, 404);
  EXPECT_EQ(old("GET", "/os-security-groups/4711").status, 400);
}

TEST_F(ProxyTest, HostsTellWhatTheyHave) {
  boot("a");
  const auto list = ask_admin("GET", "/os-hosts", {}, "2.42");
  ASSERT_EQ(list.status, 200) << list.body;
  EXPECT_EQ(list.json.at({"hosts"})->array()->size(), 2u);
  const auto shown = ask_admin("GET", "/os-hosts/host-1", {}, "2.42");
  ASSERT_EQ(shown.status, 200) << shown.body;
  EXPECT_EQ(*shown.json.at({"host"})->array()->front().at({"resource", "project"})->text(),
            "(total)");
  EXPECT_EQ(ask_admin("PUT", "/os-hosts/host-1", R"({"status":"disable"})", "2.42").body,
            R"({"host":"host-1","status":"disabled"})");
  EXPECT_EQ(ask_admin("GET", "/os-hosts", {}, "2.42").json.at({"hosts"})->array()->size(), 1u);
  EXPECT_EQ(ask_admin("GET", "/os-hosts/host-1/reboot", {}, "2.42").status, 501);
  EXPECT_EQ(ask_admin("GET", "/os-hosts/nope/reboot", {}, "2.42").status, 404);
  EXPECT_EQ(ask("GET", "/os-hosts", {}, "2.42").status, 403);
}

}  // namespace
}  // namespace haneul::nova
