#pragma once
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "drivers/saml/saml.h"
#include "services/keystone/logic/saml_request.h"
#include "services/keystone/oidc_provider.h"
#include "services/keystone/provider_table.h"

namespace haneul::keystone {

// What the operator says of one SAML provider, and what this cloud is called there.
struct SamlSettings {
  std::string metadata_file, metadata_url, ca_pem;  // a file, or an https address
  std::string issuer;                               // which of several in the metadata
  std::string entity_id, post_url, client_url;      // ours
  std::string auth_url;                             // where a token is got: …/protocols/{id}/auth
  std::optional<SamlKey> key;                       // signs requests
  bool unsolicited = false;  // clients may bring what nobody asked for: Keystone to Keystone
};

// A SAML identity provider. Its file is read each time, its address asked once an hour. Safe from
// any thread.
class SamlProvider {
 public:
  SamlProvider(SamlSettings settings, const Clock& clock, Fetch fetch);

  const SamlSettings& settings() const { return settings_; }
  Result<saml::Provider> described();

 private:
  Result<saml::Provider> fetched() const;

  const SamlSettings settings_;
  const Clock& clock_;
  const Fetch fetch_;

  struct Kept {
    saml::Provider value;
    Instant at;
  };
  std::mutex mutex_;  // of what is kept; never held while the provider is asked
  std::optional<Kept> kept_;
};

// Those of [federation] providers, by identity provider and protocol, that have metadata.
class SamlProviders : public ProviderTable<SamlProvider> {
 public:
  // Beside OpenID Connect's: {"idp": {"protocol": {"metadata_file": … or "metadata_url": …,
  // "service_url": …, "issuer": …, "entity_id": …, "key_file": …, "certificate_file": …,
  // "ca_file": …, "unsolicited": false}}}. Throws std::runtime_error with a sentence for the
  // operator.
  SamlProviders(const std::filesystem::path& file, const Clock& clock, Fetch fetch = http::send);
};

// What was said, under the names that Apache's modules give: MELLON_mail and mail, MELLON_NAME_ID,
// MELLON_IDP, Shib-Identity-Provider, REMOTE_USER.
Assertion assertion_of_statement(const saml::Statement& statement, const std::string& issuer);

}  // namespace haneul::keystone
