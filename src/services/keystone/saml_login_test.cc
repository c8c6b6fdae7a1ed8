#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "drivers/saml/test_provider.h"
#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;
constexpr const char* kProtocol = "/OS-FEDERATION/identity_providers/club/protocols/saml2";
constexpr const char* kAuth = "/OS-FEDERATION/identity_providers/club/protocols/saml2/auth";
constexpr const char* kPublic =
    "https://cloud.test/identity/v3/OS-FEDERATION/identity_providers/club/protocols/saml2/auth";
constexpr const char* kSignOn =
    "/auth/OS-FEDERATION/websso/saml2?origin=https%3A%2F%2Fboard.test%2F";
constexpr const char* kPaos = "application/vnd.paos+xml";

Options with_provider(const TemporaryDirectory& files, const std::string& metadata) {
  const auto m = files.path() / "m.xml", p = files.path() / "p.json";
  std::ofstream(m) << metadata;
  std::ofstream(p) << fmt::format(
      R"({{"club":{{"saml2":{{"metadata_file":"{}","service_url":"https://cloud.test/identity"}}}}}})",
      m.string());
  Options options;
  options.providers_file = p.string();
  options.trusted_dashboards = {"https://board.test/"};
  return options;
}

// A cloud and a provider that says what it is told.
class SamlLogin : public ::testing::Test {
 protected:
  SamlLogin() : identity(with_provider(files, idp.metadata())) {
    remote_ids(R"(["https://idp.test"])");
    identity.put("/OS-FEDERATION/mappings/m",
                 R"({"mapping":{"rules":[{"local":[{"user":{"name":"{0}"}}],)"
                 R"("remote":[{"type":"MELLON_NAME_ID"},{"type":"mail"}]}]}})");
    EXPECT_EQ(identity.put(kProtocol, R"({"protocol":{"mapping_id":"m"}})").status, 201);
  }

  void remote_ids(const std::string& ids) {
    const auto body = R"({"identity_provider":{"enabled":true,"remote_ids":)" + ids + "}}";
    const auto path = "/OS-FEDERATION/identity_providers/club";
    const auto made = identity.put(path, body);
    if (made.status == 409) {
      EXPECT_EQ(identity.patch(path, body).status, 200);
    }
  }

  struct Begun {
    std::string cookie, relay, request_id;
  };
  // Sent to the provider; the request as it arrives there.
  Begun begin(const std::string& path = kSignOn) {
    const auto sent = identity.as("", "GET", path);
    EXPECT_EQ(sent.status, 302) << sent.body;
    const std::string location(sent.headers.get("Location"));
    EXPECT_TRUE(location.starts_with("https://idp.test/sso?SAMLRequest=")) << location;
    const auto query = *http::Query::parse(location.substr(location.find('?') + 1));
    const auto request = base64_decode(*query.find("SAMLRequest"))->substr(5);  // a stored block
    const auto id = request.find(" ID=\"") + 5;
    const std::string cookie(sent.headers.get("Set-Cookie"));
    EXPECT_NE(cookie.find("; HttpOnly; Max-Age=600; Secure; SameSite=None"), std::string::npos);
    EXPECT_NE(request.find("Destination=\"https://idp.test/sso\""), std::string::npos) << request;
    return {cookie.substr(0, cookie.find(';')), *query.find("RelayState"),
            request.substr(id, request.find('"', id) - id)};
  }

  saml::Said said(const std::string& request_id) {
    saml::Said s;
    s.at = identity.cloud.clock().now();
    s.until = s.at + std::chrono::minutes(5);
    s.id = "_a" + std::to_string(++count);
    s.in_response_to = request_id;
    s.audience = std::string(kPublic) + "/mellon/metadata";
    s.recipient = std::string(kPublic) + "/mellon/postResponse";
    return s;
  }

  resource::Answer post(const std::string& xml, const std::string& relay,
                        const std::string& cookie) {
    const auto form = "SAMLResponse=" + percent_encode(base64_encode(xml)) +
                      "&RelayState=" + percent_encode(relay);
    Headers headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    if (!cookie.empty()) headers.emplace_back("Cookie", "a=b; " + cookie);
    return identity.as("", "POST", std::string(kAuth) + "/mellon/postResponse", form, headers);
  }
  resource::Answer bring(const std::string& relay, const saml::Said& what) {
    const auto xml = fmt::format(
        "<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Header>"
        "<e:RelayState xmlns:e=\"urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp\">{}</e:RelayState>"
        "</S:Header><S:Body>{}</S:Body></S:Envelope>",
        relay, idp.good_response(what));
    return identity.as("", "POST", std::string(kAuth) + "/mellon/paosResponse", xml,
                       {{"Content-Type", kPaos}});
  }
  resource::Answer fetch(const std::string& cookie) {
    return identity.as("", "GET", kAuth, "", {{"Cookie", cookie}});
  }
  static std::string cookie_in(const resource::Answer& answer) {
    const std::string text(answer.headers.get("Set-Cookie"));
    return text.substr(0, text.find(';'));
  }

  const saml::TestProvider idp;
  TemporaryDirectory files;
  TestIdentity identity;
  int count = 0;
};

TEST_F(SamlLogin, ABrowserComesBackWithAResponse) {
  const auto begun = begin();
  EXPECT_LE(begun.relay.size(), 80u);  // SAML 2.0 Bindings 3.4.3
  const auto page = post(idp.good_response(said(begun.request_id)), begun.relay, begun.cookie);
  ASSERT_EQ(page.status, 200) << page.body;
  EXPECT_NE(page.body.find("action=\"https://board.test/\""), std::string::npos);
}

TEST_F(SamlLogin, EachLoginIsItsOwn) {
  const auto one = begin(), two = begin();
  const auto good = idp.good_response(said(one.request_id));
  EXPECT_EQ(post(good, one.relay, "").status, 401);
  EXPECT_EQ(post(good, one.relay, two.cookie).status, 401);
  EXPECT_EQ(post(good, two.relay, two.cookie).status, 401);
  EXPECT_EQ(post(good, "", one.cookie).status, 401);
  EXPECT_EQ(post(idp.good_response(said("")), one.relay, one.cookie).status, 401);
  EXPECT_EQ(post(good, one.relay, one.cookie).status, 200);
  const auto again = post(good, one.relay, one.cookie);
  EXPECT_EQ(again.status, 401);
  EXPECT_EQ(again.text({"error", "message"}), "The request you have made requires authentication.");
}

TEST_F(SamlLogin, LoginsEnd) {
  const auto begun = begin();
  identity.cloud.clock().advance(std::chrono::minutes(10));
  EXPECT_EQ(post(idp.good_response(said(begun.request_id)), begun.relay, begun.cookie).status, 401);
}

TEST_F(SamlLogin, TheApiMustKnowTheIssuer) {
  remote_ids(R"(["https://another.test"])");
  const auto begun = begin();
  const auto good = idp.good_response(said(begun.request_id));
  EXPECT_EQ(post(good, begun.relay, begun.cookie).status, 403);
  remote_ids("[]");
  EXPECT_EQ(post(good, begun.relay, begun.cookie).status, 200);
}

TEST_F(SamlLogin, OtherClientsCarryAnEnvelope) {
  const auto asked = identity.as("", "GET", kAuth, "",
                                 {{"Accept", std::string("application/json,") + kPaos},
                                  {"PAOS", "ver=\"urn:liberty:paos:2003-08\""}});
  ASSERT_EQ(asked.status, 200) << asked.body;
  EXPECT_EQ(asked.headers.get("Content-Type"), kPaos);
  const auto inside = [&](std::string_view begin, std::string_view end) {
    const auto from = asked.body.find(begin) + begin.size();
    return asked.body.substr(from, asked.body.find(end, from) - from);
  };
  const auto relay = inside("S:mustUnderstand=\"1\">g", "</ecp:RelayState>");
  auto what = said(inside(" ID=\"", "\""));
  what.recipient = std::string(kPublic) + "/mellon/paosResponse";
  EXPECT_EQ(inside("responseConsumerURL=\"", "\""), what.recipient);
  EXPECT_EQ(bring("unknown", what).status, 401);
  const auto brought = bring("g" + relay, what);
  ASSERT_EQ(brought.status, 302) << brought.body;
  EXPECT_EQ(brought.headers.get("Location"), kPublic);
  EXPECT_EQ(bring("g" + relay, what).status, 401) << "an assertion is good once";
  EXPECT_EQ(fetch("haneul-saml-session=nonsense").status, 302);
  const auto cookie = cookie_in(brought);
  const auto token = fetch(cookie);
  ASSERT_EQ(token.status, 201) << token.body;
  EXPECT_EQ(token.text({"token", "user", "name"}), "ada");
  EXPECT_EQ(fetch(cookie).status, 302) << "a session is good once";
}

TEST_F(SamlLogin, SessionsEnd) {
  const auto begun = begin(kAuth);
  const auto brought = post(idp.good_response(said(begun.request_id)), begun.relay, begun.cookie);
  ASSERT_EQ(brought.status, 302) << brought.body;
  identity.cloud.clock().advance(std::chrono::minutes(2));
  EXPECT_EQ(fetch(cookie_in(brought)).status, 302);
}

// What is sealed for one purpose does not open for another.
TEST_F(SamlLogin, ABrowsersCookieIsNoClientsRelayState) {
  const auto begun = begin(kAuth);
  auto what = said(begun.request_id);
  what.recipient = std::string(kPublic) + "/mellon/paosResponse";
  EXPECT_EQ(bring(begun.cookie.substr(begun.cookie.find('=') + 1), what).status, 401);
}

TEST_F(SamlLogin, MetadataThatWentBadAreNoLogin) {
  const auto begun = begin();
  std::ofstream(files.path() / "m.xml") << "nothing";
  EXPECT_EQ(identity.as("", "GET", kSignOn).status, 503);
  EXPECT_EQ(post(idp.good_response(said(begun.request_id)), begun.relay, begun.cookie).status, 503);
}

}  // namespace
}  // namespace haneul::keystone
