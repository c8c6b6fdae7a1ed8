#include "services/keystone/logic/saml_request.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "http/message.h"

namespace haneul::keystone {
namespace {

SamlRequest request() {
  SamlRequest r;
  r.id = "_1";
  r.issuer = "https://sp.test?a&b";
  r.consumer_url = "https://sp.test/acs?a&b";
  r.destination = "https://idp.test/sso";
  r.now = Instant::from_seconds(1'767'225'600);
  return r;
}

TEST(SamlRequest, SaysWhoAsksAndWhereTheAnswerGoes) {
  EXPECT_EQ(
      saml_request(request(), nullptr),
      "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" "
      "AssertionConsumerServiceURL=\"https://sp.test/acs?a&amp;b\" "
      "Destination=\"https://idp.test/sso\" ID=\"_1\" IssueInstant=\"2026-01-01T00:00:00Z\" "
      "ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Version=\"2.0\">"
      "<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">https://sp.test?a&amp;b"
      "</saml:Issuer><samlp:NameIDPolicy AllowCreate=\"true\"></samlp:NameIDPolicy>"
      "</samlp:AuthnRequest>");
}

TEST(SamlRequest, TravelsInAnAddress) {
  const auto url = saml_redirect(request(), "state", nullptr);
  ASSERT_TRUE(url.starts_with("https://idp.test/sso?SAMLRequest="));
  const auto query = *http::Query::parse(url.substr(url.find('?') + 1));
  EXPECT_EQ(*query.find("RelayState"), "state");
  const auto text = saml_request(request(), nullptr);
  const auto deflated = *base64_decode(*query.find("SAMLRequest"));
  // RFC 1951: the last block, stored; its length and the complement of that.
  ASSERT_EQ(deflated.size(), text.size() + 5);
  EXPECT_EQ(deflated[0], 1);
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(deflated[i]); };
  EXPECT_EQ(at(1) + 256u * at(2), text.size());
  EXPECT_EQ((at(1) + 256u * at(2)) ^ (at(3) + 256u * at(4)), 0xffffu);
  EXPECT_EQ(deflated.substr(5), text);
  SamlRequest with_query = request();
  with_query.destination += "?x=y";
  EXPECT_TRUE(
      saml_redirect(with_query, "", nullptr).starts_with("https://idp.test/sso?x=y&SAMLRequest="));
}

TEST(SamlRequest, MetadataNameBothWaysBack) {
  const auto text = service_provider_metadata("https://sp.test", "https://sp.test/post",
                                              "https://sp.test/paos", "");
  EXPECT_NE(text.find("AuthnRequestsSigned=\"false\""), std::string::npos);
  EXPECT_EQ(text.find("KeyDescriptor"), std::string::npos);
  EXPECT_NE(text.find("bindings:PAOS\" Location=\"https://sp.test/paos\" index=\"1\""),
            std::string::npos);
  const auto with_key = service_provider_metadata("e", "p", "c", "QUJD");
  EXPECT_NE(with_key.find("AuthnRequestsSigned=\"true\""), std::string::npos);
  EXPECT_NE(with_key.find("<ds:X509Certificate>QUJD</ds:X509Certificate>"), std::string::npos);
}

}  // namespace
}  // namespace haneul::keystone
