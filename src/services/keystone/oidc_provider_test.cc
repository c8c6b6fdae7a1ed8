#include "services/keystone/oidc_provider.h"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/keystone/logic/test_signer.h"

namespace haneul::keystone {
namespace {

constexpr auto kIssuer = "https://idp.test";
constexpr auto kMetadata = "https://idp.test/.well-known/openid-configuration";
constexpr auto kKeys = "https://idp.test/keys";

const Signer& old_key() {
  static const Signer kSigner(true);
  return kSigner;
}
const Signer& new_key() {
  static const Signer kSigner(true);
  return kSigner;
}

std::string key_set(const std::string& keys) {
  return R"({"keys":[)" + keys + "]}";
}

std::string claims(const std::string& more = "") {
  return fmt::format(R"({{"iss":"{}","aud":"haneul","sub":"ada","exp":1767400000{}}})", kIssuer,
                     more);
}

std::string token(const Signer& signer, const std::string& kid) {
  return signer.token(fmt::format(R"({{"alg":"ES256","kid":"{}"}})", kid), claims());
}

// The HTTP side: what stands at which address, how long it takes, who asked.
class OidcProviderTest : public ::testing::Test {
 protected:
  struct Page {
    int status = 200;
    std::string body;
    Duration takes{};
  };

  OidcProviderTest() {
    pages[kMetadata].body = R"({"issuer":"https://idp.test","jwks_uri":"https://idp.test/keys",)"
                            R"("authorization_endpoint":"https://idp.test/in?a=b",)"
                            R"("token_endpoint":"https://idp.test/token",)"
                            R"("introspection_endpoint":"https://idp.test/ask"})";
    pages[kKeys].body = key_set(old_key().jwk("old"));
  }

  // As http::send: within the request's limits or not at all.
  Result<http::ClientAnswer> fetch(const http::ClientRequest& request) {
    asked.push_back(request);
    const auto found = pages.find(request.url);
    if (found == pages.end()) return Failure{"refused"};
    const Page& page = found->second;
    if (page.takes > request.time_max) return Failure{"timed out"};
    if (page.body.size() > request.answer_bytes_max) return Failure{"too long"};
    return http::ClientAnswer{page.status, page.body};
  }
  long times_asked(std::string_view url) const {
    return std::count_if(asked.begin(), asked.end(), [&](const auto& r) { return r.url == url; });
  }
  std::string why_not(const std::string& text) {
    const auto result = provider.claims_of(text);
    return result ? "" : result.reason();
  }

  ManualClock clock;
  std::map<std::string, Page> pages;
  std::vector<http::ClientRequest> asked;
  OidcProvider provider{
      {.issuer = kIssuer, .client_id = "haneul", .client_secret = "s:3", .ca_pem = "PEM"},
      clock,
      [this](const http::ClientRequest& r) { return fetch(r); }};
};

TEST_F(OidcProviderTest, KeysAreAskedOnceAnHour) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(why_not(token(old_key(), "old")), "");
  EXPECT_EQ(asked.size(), 2u);
  for (const auto& request : asked) {
    EXPECT_EQ(request.ca_pem, "PEM");
    EXPECT_FALSE(request.sink);
  }
  clock.advance(std::chrono::hours(1));
  EXPECT_EQ(why_not(token(old_key(), "old")), "");
  EXPECT_EQ(asked.size(), 4u);
}

TEST_F(OidcProviderTest, NewKeysAreFoundAndOldOnesForgotten) {
  EXPECT_EQ(why_not(token(old_key(), "old")), "");
  pages[kKeys].body = key_set(new_key().jwk("new"));
  EXPECT_NE(why_not(token(new_key(), "new")), "");
  clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(why_not(token(new_key(), "new")), "");
  EXPECT_NE(why_not(token(old_key(), "old")), "");
}

TEST_F(OidcProviderTest, UnknownKeysAreAskedForOnceAMinute) {
  EXPECT_EQ(why_not(token(old_key(), "old")), "");
  for (int i = 0; i < 200; ++i) EXPECT_NE(why_not(token(new_key(), fmt::format("k{}", i))), "");
  EXPECT_EQ(times_asked(kKeys), 1);
  clock.advance(std::chrono::minutes(1));
  for (int i = 0; i < 200; ++i) EXPECT_NE(why_not(token(new_key(), fmt::format("k{}", i))), "");
  EXPECT_EQ(times_asked(kKeys), 2);
  EXPECT_EQ(why_not(token(old_key(), "old")), "");
}

// Everything a good answer has, and one thing that no good answer does; then what is none at all.
TEST_F(OidcProviderTest, HostileAnswersAreRefused) {
  const auto good = pages;
  for (const char* url : {kMetadata, kKeys}) {
    const std::string body = good.at(url).body;
    const std::string huge = body + std::string(2 * 1024 * 1024, ' ');
    const Page bad[] = {{302, body},
                        {500, body},
                        {200, body, std::chrono::seconds(11)},
                        {200, huge},
                        {200, body.substr(0, body.size() - 1)},
                        {200, "[" + body + "]"},
                        {200, std::string(100'000, '[')},
                        {200, "<html>"},
                        {200, ""},
                        {200, R"({"issuer":[7],"keys":7})"},
                        {200, R"({"issuer":"https://idp.test","keys":[7,null,{"kid":[]}]})"}};
    for (const Page& page : bad) {
      OidcProvider fresh({.issuer = kIssuer, .client_id = "haneul"}, clock,
                         [this](const http::ClientRequest& r) { return fetch(r); });
      pages[url] = page;
      EXPECT_FALSE(fresh.claims_of(token(old_key(), "old"))) << url << page.body.substr(0, 40);
      pages = good;
      clock.advance(std::chrono::hours(1));
      EXPECT_TRUE(fresh.claims_of(token(old_key(), "old"))) << url << page.body.substr(0, 40);
    }
  }
}

TEST_F(OidcProviderTest, UnknownKeysAreNoFloodForOneThatIsDown) {
  EXPECT_EQ(why_not(token(old_key(), "old")), "");
  pages[kKeys].status = 503;
  clock.advance(std::chrono::minutes(1));
  for (int i = 0; i < 200; ++i) EXPECT_NE(why_not(token(new_key(), fmt::format("k{}", i))), "");
  EXPECT_EQ(times_asked(kKeys), 2);
  EXPECT_EQ(why_not(token(old_key(), "old")), "");
}

TEST_F(OidcProviderTest, AnotherIssuerIsNotBelieved) {
  pages[kMetadata].body = R"({"issuer":"https://evil.test","jwks_uri":"https://evil.test/keys"})";
  EXPECT_EQ(why_not(token(old_key(), "old")), "The identity provider calls itself something else.");
  EXPECT_EQ(times_asked("https://evil.test/keys"), 0);
}

TEST_F(OidcProviderTest, OpaqueTokensAreAskedFor) {
  Page& page = pages["https://idp.test/ask"];
  page.body = R"({"active":true,"sub":"ada","aud":"haneul","exp":1767300000})";
  EXPECT_EQ(why_not("opaque&x"), "");
  EXPECT_EQ(asked.back().method, "POST");
  EXPECT_EQ(asked.back().body, "token=opaque%26x");
  for (const char* body : {R"({"active":false})", R"({"active":"true"})", "{}",
                           R"({"active":true,"aud":"haneul","exp":1})",
                           R"({"active":true,"aud":"other","exp":1767300000})",
                           R"({"active":true,"iss":"https://evil.test","aud":"haneul",)"
                           R"("exp":1767300000})"}) {
    page.body = body;
    EXPECT_NE(why_not("opaque"), "") << body;
  }
  const auto before = asked.size();
  EXPECT_NE(why_not(""), "");
  EXPECT_NE(why_not(std::string(65 * 1024, 'x')), "");
  EXPECT_EQ(asked.size(), before);
}

TEST_F(OidcProviderTest, CodesAreOfOneLogin) {
  const OidcProvider::Login login{"state", "n1", "verifier", "https://cloud.test/back"};
  const auto url = provider.login_url(login);
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->starts_with("https://idp.test/in?a=b&response_type=code&client_id=haneul&"));
  EXPECT_EQ(url->find("verifier"), std::string::npos);
  const auto answer = [&](const std::string& nonce) {
    pages["https://idp.test/token"].body = fmt::format(
        R"({{"id_token":"{}"}})", old_key().token(R"({"alg":"ES256","kid":"old"})", claims(nonce)));
    return static_cast<bool>(provider.redeem("code", login));
  };
  EXPECT_TRUE(answer(R"(,"nonce":"n1")"));
  EXPECT_FALSE(answer(R"(,"nonce":"n2")"));
  EXPECT_FALSE(answer(""));
  pages["https://idp.test/token"].body = R"({"id_token":7})";
  EXPECT_FALSE(provider.redeem("code", login));
}

}  // namespace
}  // namespace haneul::keystone
