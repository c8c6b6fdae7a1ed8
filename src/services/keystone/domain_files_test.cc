#include "services/keystone/domain_files.h"

#include <fstream>

#include <gtest/gtest.h>

#include "drivers/directory/fake_directory.h"
#include "services/keystone/logic/public_id.h"
#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

constexpr const char* kFar =
    "[identity]\ndriver = ldap\n[ldap]\nsuffix = dc=x\ngroup_name_attribute = cn\n";

class DomainFilesTest : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(directory / name) << text;
  }
  Options options() const {
    Options o;
    o.domain_drivers = true;
    o.domain_config_dir = directory.string();
    return o;
  }
  std::string refusal(const std::string& text) const {
    put("keystone.far.conf", text);
    try {
      read_domain_files(directory, "sql");
    } catch (const std::runtime_error& e) {
      return e.what();
    }
    return "none";
  }

  const TemporaryDirectory made;
  const std::filesystem::path& directory = made.path();
};

TEST_F(DomainFilesTest, SayWhatTheApiWould) {
  put("keystone.far.conf", kFar);
  put("keystone.a b.conf", "[ldap]\npage_size = 50\n");
  put("keystone.conf", "no file of a domain");
  put("README", "neither");
  const auto found = read_domain_files(directory, "sql");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(
      json::dump(found.at("far")),
      R"({"identity":{"driver":"ldap"},"ldap":{"suffix":"dc=x","group_name_attribute":"cn"}})");
  EXPECT_EQ(json::dump(found.at("a b")),
            R"({"identity":{"driver":"sql"},"ldap":{"page_size":"50"}})");
  EXPECT_TRUE(read_domain_files(directory / "none", "sql").empty());
}

TEST_F(DomainFilesTest, AreRefusedWithTheLine) {
  const auto file = (directory / "keystone.far.conf").string();
  EXPECT_EQ(refusal("[ldap]\nsufix = x\n"),
            file + ":2: [ldap] has no option sufix; did you mean suffix?");
  EXPECT_EQ(refusal("[identity]\ndriver = nis\n"),
            file + ":2: driver must be one of sql, ldap, not 'nis'");
  EXPECT_EQ(refusal("[ldap]\nurl = ldaps://x\nuse_tls = true\n"),
            file + ": [ldap] use_tls and a URL of ldaps exclude each other");
  EXPECT_EQ(refusal(kFar), "none");
}

TEST_F(DomainFilesTest, LetUsersOfTheDirectoryIn) {
  put("keystone.far.conf", kFar);
  const auto fake = std::make_shared<directory::FakeDirectory>();
  fake->put({"cn=ann,ou=Users,dc=x",
             {{"objectClass", {"inetOrgPerson"}},
              {"cn", {"ann"}},
              {"sn", {"ann"}},
              {"enabled", {"TRUE"}},
              {"userPassword", {"secret"}}}});
  TestIdentity identity(options(), [&](const directory::Settings&) { return fake; });
  const auto enter = [&] {
    return identity.authenticate(
        R"({"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"ann",)"
        R"("password":"secret","domain":{"name":"far"}}}}}})");
  };
  EXPECT_EQ(enter().status, 401) << "there is no such domain yet";
  const auto far = identity.post("/domains", R"({"domain":{"name":"far"}})").text({"domain", "id"});
  EXPECT_EQ(enter().status, 201);
  EXPECT_EQ(enter().text({"token", "user", "id"}), public_id(far, "user", "ann"));
  // What the API says of a domain changes nothing while files do.
  const auto path = "/domains/" + far + "/config";
  EXPECT_EQ(identity.put(path, R"({"config":{"identity":{"driver":"sql"}}})").status, 201);
  EXPECT_EQ(enter().status, 201);
  identity.patch("/domains/" + far, R"({"domain":{"name":"near"}})");
  EXPECT_EQ(enter().status, 401);
}

}  // namespace
}  // namespace haneul::keystone
