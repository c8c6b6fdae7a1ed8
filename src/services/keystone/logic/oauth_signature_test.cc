#include "services/keystone/logic/oauth_signature.h"

#include <gtest/gtest.h>

// The signatures were made by python3-oauthlib.
namespace haneul::keystone {
namespace {

TEST(OauthSignature, OfARequestWithAQuery) {
  const auto header = parse_oauth_header(
      R"(OAuth oauth_nonce="123456", oauth_timestamp="1767225600", oauth_version="1.0", )"
      R"(oauth_signature_method="HMAC-SHA1", oauth_consumer_key="ck", oauth_callback="oob", )"
      R"(oauth_signature="sHe%2BYyLb8FHmnKZxxp9ba%2FC3LOo%3D")");
  ASSERT_TRUE(header);
  OauthRequest request{.method = "POST",
                       .url = "http://Example.com:80/identity/v3/OS-OAUTH1/request_token",
                       .params = *header};
  for (const auto& [key, value] :
       OauthParams{{"b5", "=%3D"}, {"a3", "a"}, {"c@", ""}, {"a2", "r b"}}) {
    request.params.emplace_back(key, value);
  }
  EXPECT_EQ(oauth_signature(request, "HMAC-SHA1", {"cs", ""}), "sHe+YyLb8FHmnKZxxp9ba/C3LOo=");
  EXPECT_EQ(header->back().second, "sHe+YyLb8FHmnKZxxp9ba/C3LOo=");
}

TEST(OauthSignature, OfARequestWithAToken) {
  const OauthRequest request{.method = "POST",
                             .url = "https://h:8443/identity/v3/OS-OAUTH1/access_token",
                             .params = {{"oauth_nonce", "123456"},
                                        {"realm", "anywhere"},
                                        {"oauth_timestamp", "1767225600"},
                                        {"oauth_version", "1.0"},
                                        {"oauth_signature_method", "HMAC-SHA1"},
                                        {"oauth_consumer_key", "ck"},
                                        {"oauth_token", "rk"},
                                        {"oauth_verifier", "abcd"}}};
  EXPECT_EQ(oauth_signature(request, "HMAC-SHA1", {"cs", "rs&"}), "PvhA4WN6JWpezEmQlacJrTZCOO4=");
  EXPECT_EQ(oauth_signature(request, "PLAINTEXT", {"cs", "rs&"}), "cs&rs%26");
  EXPECT_FALSE(oauth_signature(request, "RSA-SHA1", {"cs", "rs&"}));
  EXPECT_EQ(oauth_base_string(request).substr(0, 48),
            "POST&https%3A%2F%2Fh%3A8443%2Fidentity%2Fv3%2FOS");
}

TEST(OauthSignature, HeadersOfOtherFormsAreNone) {
  EXPECT_TRUE(parse_oauth_header(R"(oauth realm="a, b", oauth_token=x)"));
  EXPECT_EQ(parse_oauth_header(R"(oauth realm="a, b", oauth_token=x)")->front().second, "a, b");
  for (const char* header :
       {"", "OAuth", "OAuth ", "Basic eA==", "OAuth x", "OAuth a=\"%zz\"", "OAuth a=\"%ff\""}) {
    EXPECT_FALSE(parse_oauth_header(header)) << header;
  }
  std::string many = "OAuth a=b";
  for (int i = 0; i < 100; ++i) many += ",a=b";
  EXPECT_FALSE(parse_oauth_header(many));
}

}  // namespace
}  // namespace haneul::keystone
