#include <fmt/format.h>
#include <gtest/gtest.h>

#include "drivers/saml/saml.h"
#include "drivers/saml/test_provider.h"

namespace haneul::saml {
namespace {

const Instant kNow = Instant::from_seconds(1'767'225'600);
using std::chrono::hours;
using std::chrono::minutes;

const TestProvider& idp() {
  static const TestProvider kProvider;
  return kProvider;
}

Provider provider() {
  return {"https://idp.test", "https://idp.test/sso", {idp().certificate()}};
}

Expected expected() {
  return {.entity_id = "https://sp.test",
          .consumer_url = "https://sp.test/acs",
          .in_response_to = "_request",
          .now = kNow};
}

Said said() {
  Said s;
  s.at = kNow;
  s.until = kNow + minutes(5);
  return s;
}

// Who it is, or why nobody: "- the response is refused: …".
std::string who(const std::string& xml, const Expected& wanted = expected()) {
  const auto read = read_response(xml, provider(), wanted);
  return read ? read->name_id : "- " + read.reason();
}

std::string refused(std::string_view why) {
  return "- the response is refused: " + std::string(why);
}

std::string replaced(std::string text, std::string_view old, std::string_view by) {
  const auto at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return at == std::string::npos ? text : text.replace(at, old.size(), by);
}

// An assertion about the administrator that nobody signed.
std::string evil() {
  Said s = said();
  s.id = "_evil";
  s.name_id = "root";
  return TestProvider::assertion(s);
}

TEST(Saml, ASignedAssertionIsRead) {
  Said s = said();
  s.attributes =
      "<saml:Attribute Name=\"groups\"><saml:AttributeValue>crew</saml:AttributeValue>"
      "<saml:AttributeValue> x &amp; y </saml:AttributeValue></saml:Attribute>";
  const auto read = read_response(idp().good_response(s), provider(), expected());
  ASSERT_TRUE(read) << read.reason();
  EXPECT_EQ(read->name_id, "ada");
  EXPECT_EQ(read->assertion_id, "_a");
  EXPECT_EQ(read->good_until, s.until + std::chrono::seconds(60));
  ASSERT_EQ(read->attributes.size(), 1u);
  EXPECT_EQ(read->attributes[0].first, "groups");
  EXPECT_EQ(read->attributes[0].second, (std::vector<std::string>{"crew", "x & y"}));
}

TEST(Saml, ASignedResponseIsReadToo) {
  const auto whole = TestProvider::response(TestProvider::assertion(said()), said());
  EXPECT_EQ(who(idp().sign(whole, "_r")), "ada");
  const auto both =
      TestProvider::response(idp().sign(TestProvider::assertion(said()), "_a"), said());
  EXPECT_EQ(who(idp().sign(both, "_r")), "ada");
  // One good signature does not make up for a bad one.
  EXPECT_EQ(who(replaced(idp().sign(both, "_r"), "Version=\"2.0\"", "Version=\"2.0\" a=\"1\"")),
            refused("the signature is not of the provider's keys, or what was signed was changed"));
}

TEST(Saml, EllipticKeysAreTaken) {
  const TestProvider curve(EVP_EC_gen("P-256"));
  Provider from = provider();
  from.certificates.push_back(curve.certificate());
  Signing how;
  how.method = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
  const auto xml =
      TestProvider::response(curve.sign(TestProvider::assertion(said()), "_a", how), said());
  const auto read = read_response(xml, from, expected());
  EXPECT_TRUE(read) << read.reason();
  EXPECT_FALSE(read_response(xml, provider(), expected()));
}

TEST(Saml, OnlyTheProvidersKeysCount) {
  const TestProvider other;
  constexpr auto kWhy =
      "the signature is not of the provider's keys, or what was signed was changed";
  EXPECT_EQ(who(other.good_response(said())), refused(kWhy));
  // A certificate inside the signature is not asked.
  auto with_key = other.good_response(said());
  with_key = replaced(with_key, "</ds:SignatureValue>",
                      "</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>" +
                          base64_encode(other.certificate()) +
                          "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>");
  EXPECT_EQ(who(with_key), refused(kWhy));
  EXPECT_EQ(who(replaced(idp().good_response(said()), "ada</", "root</")), refused(kWhy));
  EXPECT_EQ(who(replaced(idp().good_response(said()), "ada@", "root@")), refused(kWhy));
  EXPECT_EQ(who(TestProvider::response(TestProvider::assertion(said()), said())),
            refused("it is not signed"));
  const TestProvider small(EVP_RSA_gen(1024));
  Provider weak = provider();
  weak.certificates = {small.certificate()};
  EXPECT_FALSE(read_response(small.good_response(said()), weak, expected()));
}

TEST(Saml, WeakOrStrangeSignaturesAreRefused) {
  const auto signed_so = [](const Signing& how) {
    return who(
        TestProvider::response(idp().sign(TestProvider::assertion(said()), "_a", how), said()));
  };
  ASSERT_EQ(signed_so({}), "ada");
  Signing sha1;
  sha1.method = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
  sha1.hash = EVP_sha1();
  sha1.digest = "http://www.w3.org/2000/09/xmldsig#sha1";
  EXPECT_EQ(signed_so(sha1), refused("the signature's algorithm is not taken"));
  Signing mixed;
  mixed.digest = "http://www.w3.org/2000/09/xmldsig#sha1";
  EXPECT_EQ(signed_so(mixed), refused("its digest is not taken"));
  Signing hmac;
  hmac.method = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
  EXPECT_EQ(signed_so(hmac), refused("the signature's algorithm is not taken"));
  Signing inclusive;
  inclusive.canonical = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
  EXPECT_EQ(signed_so(inclusive), refused("the signature's canonical form is not taken"));
  for (const char* more : {"http://www.w3.org/TR/1999/REC-xslt-19991116",
                           "http://www.w3.org/TR/1999/REC-xpath-19991116",
                           "http://www.w3.org/2000/09/xmldsig#base64"}) {
    Signing how;
    how.more_transforms = fmt::format("<ds:Transform Algorithm=\"{}\"></ds:Transform>", more);
    EXPECT_EQ(signed_so(how), refused("the signature has other transforms than SAML's")) << more;
  }
}

TEST(Saml, AnotherElementsSignatureIsNone) {
  const auto good = idp().good_response(said());
  for (const char* uri : {"URI=\"\"", "URI=\"#_r\"", "URI=\"http://evil.test/a.xml\"",
                          "URI=\"#xpointer(/)\"", "URI=\"file:///etc/passwd\""}) {
    EXPECT_EQ(who(replaced(good, "URI=\"#_a\"", uri)),
              refused("the signature is of something else"))
        << uri;
  }
}

// Wrapping: what is signed is elsewhere than what is read. The numbers are those of the literature
// (Somorovsky and others, 2012).
struct Wrapping {
  const char* name;
  std::string xml;
};

std::vector<Wrapping> wrappings() {
  const std::string original = TestProvider::assertion(said());
  const std::string mark = idp().signature(original, "_a");
  const std::string whole = idp().sign(original, "_a");
  const auto with = [](std::string text, const std::string& more) {
    return replaced(std::move(text), "</saml:Issuer>", "</saml:Issuer>" + more);
  };
  const auto last = [](std::string text, const std::string& more) {
    constexpr std::string_view kEnd = "</saml:Assertion>";
    return text.insert(text.rfind(kEnd), more);
  };
  const auto respond = [](const std::string& inside) {
    return TestProvider::response(inside, said());
  };
  const std::string plain = respond(original);
  const std::string response_mark = idp().signature(plain, "_r");
  const std::string evil_response = replaced(respond(evil()), "\"_r\"", "\"_evil_r\"");
  const auto in_signature = [](std::string text, const std::string& more) {
    return replaced(std::move(text), "</ds:Signature>", more + "</ds:Signature>");
  };
  return {
      {"1", with(evil_response, in_signature(response_mark, plain))},
      {"2", with(evil_response, plain + response_mark)},
      {"3", respond(evil() + whole)},
      {"3 the other way round", respond(whole + evil())},
      {"4", respond(last(evil(), whole))},
      {"5", respond(with(evil(), mark) + original)},
      {"6", respond(with(evil(), in_signature(mark, original)))},
      {"7", respond("<samlp:Extensions>" + evil() + "</samlp:Extensions>" + whole)},
      {"7 the other way round",
       respond("<samlp:Extensions>" + whole + "</samlp:Extensions>" + evil())},
      {"8", respond(with(evil(), in_signature(mark, "<ds:Object>" + original + "</ds:Object>")))},
      {"the same id", respond(replaced(evil(), "_evil", "_a") + whole)},
      {"beside the signature",
       respond(replaced(whole, "</ds:Signature>", "</ds:Signature>" + evil()))},
      {"an id of XML's own",
       respond(replaced(with(evil(), mark), "ID=\"_evil\"", "ID=\"_a\" xml:id=\"_b\""))}};
}

TEST(Saml, WrappedSignaturesAreRefused) {
  for (const auto& [name, xml] : wrappings()) {
    const auto said_so = who(xml);
    EXPECT_TRUE(said_so.starts_with("- the response is refused")) << name << ": " << said_so;
  }
}

TEST(Saml, ItMustBeMeantForUsAndNow) {
  const auto told = [](void (*change)(Said&), void (*wish)(Expected&) = nullptr) {
    Said s = said();
    change(s);
    Expected wanted = expected();
    if (wish) wish(wanted);
    return who(idp().good_response(s), wanted);
  };
  ASSERT_EQ(told([](Said&) {}), "ada");
  EXPECT_EQ(told([](Said& s) { s.audience = "https://other.test"; }),
            refused("it is for another audience"));
  EXPECT_EQ(told([](Said& s) { s.audience = ""; }), refused("it does not name its audience"));
  EXPECT_EQ(
      told([](Said& s) { s.audience = ""; }, [](Expected& e) { e.audience_required = false; }),
      "ada");
  EXPECT_EQ(told([](Said& s) { s.recipient = "https://other.test/acs"; }),
            refused("it was sent elsewhere"));
  EXPECT_EQ(told([](Said& s) { s.in_response_to = "_other"; }),
            refused("it answers another request"));
  EXPECT_EQ(told([](Said& s) { s.in_response_to = ""; }), refused("it answers another request"));
  EXPECT_EQ(told([](Said&) {}, [](Expected& e) { e.in_response_to = ""; }),
            refused("it answers another request"));
  EXPECT_EQ(told([](Said& s) { s.issuer = "https://evil.test"; }),
            refused("it is of another issuer"));
  EXPECT_EQ(told([](Said& s) { s.statement = ""; }),
            refused("it does not say that anybody logged in"));
  EXPECT_EQ(told([](Said& s) { s.conditions = "<saml:Condition></saml:Condition>"; }),
            refused("it has a condition that is not known here"));
}

TEST(Saml, TimesHoldWithAMinutesSkew) {
  const auto told = [](Instant at, Instant until) {
    Said s = said();
    s.at = at;
    s.until = until;
    return who(idp().good_response(s));
  };
  EXPECT_EQ(told(kNow + minutes(1), kNow + minutes(2)), "ada");
  EXPECT_EQ(told(kNow + minutes(2), kNow + minutes(3)), refused("it is of the future"));
  EXPECT_EQ(told(kNow - minutes(5), kNow - std::chrono::seconds(59)), "ada");
  EXPECT_EQ(told(kNow - minutes(5), kNow - minutes(1)), refused("it is no longer good"));
  EXPECT_EQ(told(kNow - hours(24), kNow + hours(100)), "ada");
  EXPECT_EQ(told(kNow - hours(25), kNow + hours(100)), refused("it is too old"));
  const auto text = [](std::string_view old, std::string_view by) {
    const auto changed = replaced(TestProvider::assertion(said()), old, by);
    return who(TestProvider::response(idp().sign(changed, "_a"), said()));
  };
  const std::string at = iso_seconds(kNow);
  EXPECT_EQ(text("IssueInstant=\"" + at, "IssueInstant=\"tomorrow"),
            refused("IssueInstant is no time"));
  EXPECT_EQ(text("NotBefore=\"" + at, "NotBefore=\"" + iso_seconds(kNow + hours(1))),
            refused("it is not yet good"));
  EXPECT_EQ(text("IssueInstant=\"2026-01-01T00:00:00Z", "IssueInstant=\"2026-01-01T00:00:00.123Z"),
            "ada");
}

TEST(Saml, AProviderMayRefuse) {
  const auto signed_one = idp().sign(TestProvider::assertion(said()), "_a");
  EXPECT_EQ(who(TestProvider::response(signed_one, said(), "AuthnFailed")),
            refused("the provider refused the login"));
  EXPECT_EQ(who(TestProvider::response("", said())), refused("there is no assertion"));
  EXPECT_EQ(who(TestProvider::response("<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:"
                                       "SAML:2.0:assertion\"/>",
                                       said())),
            refused("encrypted assertions are not read"));
}

TEST(Saml, HostileDocumentsAreNotRead) {
  const auto good = idp().good_response(said());
  // Hashed without comments: the reader must not see two texts where the signer saw one.
  EXPECT_EQ(who(replaced(good, ">ada<", ">root<!-- -->.ada<")),
            "- the document cannot be used: it has a comment or an instruction");
  EXPECT_EQ(who(replaced(good, ">ada<", ">ad<!-- -->a<")),
            "- the document cannot be used: it has a comment or an instruction");
  EXPECT_EQ(who(replaced(good, ">ada<", "><?x?>ada<")),
            "- the document cannot be used: it has a comment or an instruction");
  EXPECT_EQ(who(good + "<!-- -->"),
            "- the document cannot be used: something stands beside its root");
  EXPECT_EQ(who(replaced(good, ">ada<", "><![CDATA[ada]]><")), "ada");  // hashed as text
  std::string bomb = "<!DOCTYPE a [<!ENTITY e0 \"ha\">";
  for (int i = 1; i < 40; ++i) bomb += fmt::format("<!ENTITY e{0} \"&e{1};&e{1};\">", i, i - 1);
  EXPECT_EQ(who(bomb + "]>" + replaced(good, ">ada<", ">&e39;<")), "- the document has a DTD");
  EXPECT_EQ(who("<!DOCTYPE a SYSTEM \"http://evil.test/\">" + good), "- the document has a DTD");
  EXPECT_EQ(who(replaced(good, ">ada<", ">&e;<")), "- the document is not XML");
  EXPECT_EQ(who(replaced(good, ">ada<", ">" + std::string(300'000, 'a') + "<")),
            "- the document is too large");
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "<a>";
  EXPECT_EQ(who(deep), "- the document is not XML");
  std::string wide = "<a>";
  for (int i = 0; i < 6000; ++i) wide += "<b/>";
  EXPECT_EQ(who(wide + "</a>"), "- the document cannot be used: it is too large");
  EXPECT_EQ(who("\xff\xfe<\0a\0"), "- the document is not UTF-8");
  for (const char* bad : {"", "x", "<a", "<a/>", "<a xmlns:b=''/>", "{}"}) {
    EXPECT_TRUE(who(bad).starts_with("- ")) << bad;
  }
}

TEST(Saml, Envelopes) {
  const auto wrap = [](const std::string& state, const std::string& body) {
    return "<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Header>" + state +
           "</S:Header><S:Body>" + body + "</S:Body></S:Envelope>";
  };
  Expected wanted = expected();
  wanted.in_envelope = true;
  const auto good = idp().good_response(said());
  const std::string state =
      "<e:RelayState xmlns:e=\"urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp\"> x</e:RelayState>";
  EXPECT_EQ(who(wrap(state, good), wanted), "ada");
  EXPECT_EQ(*relay_state_of(wrap(state, good)), "x");
  EXPECT_EQ(*relay_state_of(wrap("", good)), "");
  EXPECT_FALSE(relay_state_of(good));
  EXPECT_EQ(who(good, wanted), refused("it is no SOAP envelope"));
  EXPECT_EQ(who(wrap(state, good)), refused("it is no response"));
  EXPECT_EQ(who(wrap(evil(), good), wanted), refused("there is more than one assertion"));
  EXPECT_EQ(who(wrap(good, "<a/>"), wanted), refused("it is no response"));
  EXPECT_EQ(who(wrap("", good + good), wanted), refused("the envelope holds something else"));
}

TEST(Saml, MetadataSayWhoSigns) {
  const auto one = read_metadata(idp().metadata());
  ASSERT_TRUE(one) << one.reason();
  EXPECT_EQ(one->entity_id, "https://idp.test");
  EXPECT_EQ(one->redirect_url, "https://idp.test/sso");
  EXPECT_EQ(one->certificates, std::vector<std::string>{idp().certificate()});
  const auto several = "<m:EntitiesDescriptor xmlns:m=\"urn:oasis:names:tc:SAML:2.0:metadata\">" +
                       idp().metadata() + idp().metadata("https://two.test") +
                       "</m:EntitiesDescriptor>";
  EXPECT_FALSE(read_metadata(several));
  EXPECT_EQ(read_metadata(several, "https://two.test")->entity_id, "https://two.test");
  EXPECT_FALSE(read_metadata(several, "https://three.test"));
  EXPECT_EQ(read_metadata(replaced(idp().metadata(), "\"signing\"", "\"encryption\"")).reason(),
            "the metadata have no certificate");
  EXPECT_FALSE(read_metadata("<!DOCTYPE a [<!ENTITY e \"x\">]>" + idp().metadata()));
  EXPECT_FALSE(read_metadata("nothing"));
}

}  // namespace
}  // namespace haneul::saml
