#include "services/keystone/saml_provider.h"

#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "drivers/saml/test_provider.h"
#include "services/keystone/test_identity.h"

namespace haneul::keystone {
namespace {

const saml::TestProvider& signer() {
  static const saml::TestProvider kSigner;
  return kSigner;
}

// Files of an operator.
struct Files {
  std::string write(const std::string& name, const std::string& text) const {
    const auto path = directory.path() / name;
    std::ofstream(path) << text;
    return path.string();
  }
  // Why a cloud with this entry does not start; "fine" if it does.
  std::string why(const std::string& entry) const {
    const auto path = write("p.json", R"({"club":{"saml2":)" + entry + "}}");
    try {
      const SamlProviders providers(path, clock);
      return providers.find("club", "saml2") ? "fine" : "not there";
    } catch (const std::runtime_error& error) {
      return std::string(error.what()).substr(path.size());
    }
  }
  TemporaryDirectory directory;
  ManualClock clock;
};

TEST(SamlProviders, EntriesAreReadAtStart) {
  const Files files;
  const auto metadata = files.write("m.xml", signer().metadata());
  const auto with = [&](const std::string& more) {
    return files.why(fmt::format(R"({{"metadata_file":"{}"{}}})", metadata, more));
  };
  const std::string url = R"(,"service_url":"https://cloud.test/identity/")";
  EXPECT_EQ(with(url), "fine");
  EXPECT_EQ(files.why(R"({"issuer":"https://login.test","client_id":"c"})"), "not there");
  EXPECT_EQ(with(""),
            ": club/saml2: 'service_url' must say where clients reach Keystone: "
            "https://…/identity");
  EXPECT_EQ(with(url + R"(,"metadata_url":"https://x")"),
            ": club/saml2: it needs one of 'metadata_file' and 'metadata_url'");
  EXPECT_EQ(
      files.why(R"({"metadata_url":"http://x","service_url":"https://c"})"),
      ": club/saml2: 'metadata_url' must be https: what is there says whose signatures count");
  EXPECT_EQ(with(url + R"(,"hue":"red")"), ": club/saml2: 'hue' is unknown");
  EXPECT_EQ(with(url + R"(,"issuer":5)"), ": club/saml2: 'issuer' is no text");
  EXPECT_EQ(with(url + R"(,"unsolicited":"yes")"),
            ": club/saml2: 'unsolicited' is not true or false");
  EXPECT_EQ(with(url + R"(,"key_file":"/no/key")"), ": club/saml2: /no/key cannot be read");
  EXPECT_EQ(with(url + fmt::format(R"(,"key_file":"{}")", metadata)),
            ": club/saml2: 'key_file' and 'certificate_file' go together");
  EXPECT_EQ(with(url + fmt::format(R"(,"key_file":"{0}","certificate_file":"{0}")", metadata)),
            ": club/saml2: the key or the certificate cannot be read");
  EXPECT_EQ(with(url + R"(,"issuer":"https://other.test")"),
            ": club/saml2: the metadata are not of that identity provider");
}

TEST(SamlProviders, OursIsNamedByTheOperator) {
  const Files files;
  const auto metadata = files.write("m.xml", signer().metadata());
  const auto path =
      files.write("p.json", fmt::format(R"({{"club":{{"saml2":{{"metadata_file":"{}",)"
                                        R"("service_url":"https://cloud.test/identity/"}}}}}})",
                                        metadata));
  const SamlProviders providers(path, files.clock);
  const auto& settings = providers.find("club", "saml2")->settings();
  const std::string base =
      "https://cloud.test/identity/v3/OS-FEDERATION/identity_providers/club/protocols/saml2/auth";
  EXPECT_EQ(settings.auth_url, base);
  EXPECT_EQ(settings.entity_id, base + "/mellon/metadata");
  EXPECT_EQ(settings.post_url, base + "/mellon/postResponse");
  EXPECT_EQ(settings.client_url, base + "/mellon/paosResponse");
  EXPECT_EQ(providers.with("saml2"), std::set<std::string>{"club"});
  EXPECT_TRUE(providers.with("other").empty());
  EXPECT_EQ(providers.find("club", "other"), nullptr);
}

TEST(SamlProviders, AnAddressIsAskedOnceAnHour) {
  ManualClock clock;
  int asked = 0;
  bool answers = true;
  SamlSettings settings;
  settings.metadata_url = "https://idp.test/metadata";
  SamlProvider provider(std::move(settings), clock,
                        [&](const http::ClientRequest& request) -> Result<http::ClientAnswer> {
                          ++asked;
                          EXPECT_EQ(request.url, "https://idp.test/metadata");
                          if (!answers) return Failure{"refused"};
                          return http::ClientAnswer{200, signer().metadata()};
                        });
  EXPECT_EQ(provider.described()->entity_id, "https://idp.test");
  EXPECT_TRUE(provider.described());
  EXPECT_EQ(asked, 1);
  clock.advance(std::chrono::hours(2));
  answers = false;
  EXPECT_EQ(provider.described()->entity_id, "https://idp.test") << "what it said holds for a day";
  EXPECT_EQ(asked, 2);
  clock.advance(std::chrono::hours(23));
  EXPECT_EQ(provider.described().reason(), "its metadata cannot be reached: refused");
}

TEST(SamlProviders, AttributesAreNamedAsApachesModulesDo) {
  saml::Statement said;
  said.name_id = "n1";
  said.attributes = {{"mail", {"a@b", "c@d"}},
                     {"none", {}},
                     {"MELLON_IDP", {"https://evil.test"}},
                     {"REMOTE_USER", {"root"}},
                     {"IDP", {"https://evil.test"}}};
  const auto read = assertion_of_statement(said, "https://idp.test");
  const std::vector<std::string> mails = {"a@b", "c@d"}, issuer = {"https://idp.test"}, id = {"n1"};
  EXPECT_EQ(read.at("mail"), mails);
  EXPECT_EQ(read.at("MELLON_mail"), mails);
  EXPECT_EQ(read.count("none"), 0u);
  EXPECT_EQ(read.at("MELLON_IDP"), issuer);
  EXPECT_EQ(read.at("Shib-Identity-Provider"), issuer);
  EXPECT_EQ(read.at("REMOTE_USER"), id);
  EXPECT_EQ(read.at("MELLON_NAME_ID"), id);
  said.name_id = "";
  EXPECT_EQ(assertion_of_statement(said, "https://idp.test").count("REMOTE_USER"), 0u);
}

}  // namespace
}  // namespace haneul::keystone
