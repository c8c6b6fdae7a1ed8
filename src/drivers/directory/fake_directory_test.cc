#include "drivers/directory/fake_directory.h"

#include <gtest/gtest.h>

namespace haneul::directory {
namespace {

class FakeDirectoryTest : public ::testing::Test {
 protected:
  FakeDirectoryTest() {
    directory.put({"ou=people,dc=x", {{"ou", {"people"}}}});
    directory.put({"cn=ann,ou=people,dc=x",
                   {{"cn", {"ann"}}, {"sn", {"Ann"}}, {"userPassword", {"secret"}}}});
    directory.put({"cn=bob,ou=in,ou=people,dc=x", {{"cn", {"bob"}}, {"mail", {"b@x", "c@x"}}}});
    directory.put({"cn=inner,dc=x", {{"member", {"cn=ann,ou=people,dc=x"}}}});
    directory.put({"cn=outer,dc=x", {{"member", {"CN=inner, DC=x"}}}});
  }
  std::size_t found(const std::string& filter, Scope scope = Scope::subtree,
                    const std::string& base = "dc=x") {
    return directory.search({base, scope, filter, {}}).size();
  }
  FakeDirectory directory;
};

TEST_F(FakeDirectoryTest, UnderstandsFilters) {
  EXPECT_EQ(found("(cn=*)"), 2u);
  EXPECT_EQ(found("(CN=ANN)"), 1u);
  EXPECT_EQ(found("(cn=a*n)"), 1u);
  EXPECT_EQ(found("(cn=*o*)"), 1u);
  EXPECT_EQ(found("(&(cn=*)(!(cn=ann)))"), 1u);
  EXPECT_EQ(found("(|(sn=ann)(mail=c@x))"), 2u);
  EXPECT_EQ(found("(cn=\\2a)"), 0u);
  for (const char* bad :
       {"cn=a", "(cn=a", "(cn)", "(&(cn=a)", "(cn=a))", "(cn=(a))", "(cn=\\zz)"}) {
    EXPECT_THROW(found(bad), Error) << bad;
  }
}

TEST_F(FakeDirectoryTest, SearchesAsDeepAsAsked) {
  EXPECT_EQ(found("(cn=*)", Scope::one, "ou=people,dc=x"), 1u);
  EXPECT_EQ(found("(cn=*)", Scope::subtree, "OU=People, dc=x"), 2u);
  EXPECT_EQ(found("(cn=*)", Scope::base, "cn=ann,ou=people,dc=x"), 1u);
  EXPECT_EQ(found("(cn=*)", Scope::subtree, "ou=none,dc=x"), 0u);
}

TEST_F(FakeDirectoryTest, FollowsChainsOfMembers) {
  EXPECT_EQ(found("(member:1.2.840.113556.1.4.1941:=cn=ann,ou=people,dc=x)"), 2u);
  EXPECT_EQ(found("(member=cn=ann,ou=people,dc=x)"), 1u);
}

TEST_F(FakeDirectoryTest, ComparesPasswords) {
  EXPECT_TRUE(directory.accepts("cn=ann,ou=people,dc=x", "secret"));
  EXPECT_FALSE(directory.accepts("cn=ann,ou=people,dc=x", "Secret"));
  EXPECT_FALSE(directory.accepts("cn=ann,ou=people,dc=x", ""));
  EXPECT_FALSE(directory.accepts("cn=nobody,dc=x", "secret"));
  directory.set_reachable(false);
  EXPECT_THROW(directory.accepts("cn=ann,ou=people,dc=x", "secret"), Unreachable);
}

}  // namespace
}  // namespace haneul::directory
