#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

constexpr const char* kPath = "/OS-OAUTH2/token";

class Oauth2TokenTest : public ::testing::Test {
 protected:
  Oauth2TokenTest() {
    const auto made = identity.post(
        "/users/" + identity.user_id("admin") + "/application_credentials",
        R"({"application_credential":{"name":"c","secret":"s:s","roles":[{"name":"reader"}]}})");
    EXPECT_EQ(made.status, 201) << made.body;
    id = made.text({"application_credential", "id"});
  }
  TestIdentity::Answer post(const std::string& form, const std::string& authorization = {}) {
    std::vector<std::pair<std::string, std::string>> headers = {
        {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
    if (!authorization.empty()) headers.emplace_back("Authorization", authorization);
    return identity.as("", "POST", kPath, form, std::move(headers));
  }
  std::string basic(const std::string& secret) const {
    return "Basic " + base64_encode(id + ":" + secret);
  }

  TestIdentity identity;
  std::string id;
};

TEST_F(Oauth2TokenTest, AnApplicationCredentialIsAClient) {
  const auto by_header = post("grant_type=client_credentials", basic("s:s"));
  ASSERT_EQ(by_header.status, 200) << by_header.body;
  EXPECT_EQ(by_header.text({"token_type"}), "Bearer");
  EXPECT_EQ(*by_header.json.at({"expires_in"}), json::Value(3600));
  const auto shown = identity.inspect(by_header.text({"access_token"}));
  EXPECT_EQ(shown.text({"token", "application_credential", "id"}), id);
  const auto by_form = post("grant_type=client_credentials&client_secret=s%3As&client_id=" + id);
  EXPECT_EQ(by_form.status, 200) << by_form.body;
}

TEST_F(Oauth2TokenTest, ErrorsAreTheProtocolsOwn) {
  const auto none = post("");
  EXPECT_EQ(none.status, 400);
  EXPECT_EQ(none.text({"error"}), "invalid_request");
  EXPECT_EQ(none.text({"error_description"}), "The parameter grant_type is required.");
  EXPECT_EQ(post("grant_type=password").text({"error"}), "unsupported_grant_type");
  const auto nobody = post("grant_type=client_credentials");
  EXPECT_EQ(nobody.status, 401);
  EXPECT_EQ(nobody.text({"error"}), "invalid_client");
  EXPECT_EQ(nobody.headers.get("WWW-Authenticate"),
            "Keystone uri=\"http://cloud.test:5000/identity/v3\"");
  const auto wrong = post("grant_type=client_credentials", basic("wrong"));
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.text({"error"}), "invalid_client");
  EXPECT_EQ(post("grant_type=client_credentials", "Basic !").status, 401);
  id = "none";
  const auto unknown = post("grant_type=client_credentials", basic("s"));
  EXPECT_EQ(unknown.text({"error"}), "other_error");
  const auto got = identity.as("", "GET", kPath);
  EXPECT_EQ(got.status, 405);
  EXPECT_EQ(got.text({"error"}), "other_error");
}

}  // namespace
}  // namespace haneul::keystone
