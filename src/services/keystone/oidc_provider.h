#pragma once
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/client.h"
#include "json/value.h"
#include "services/keystone/logic/mapping.h"
#include "services/keystone/provider_table.h"

namespace haneul::keystone {

using Fetch = std::function<Result<http::ClientAnswer>(const http::ClientRequest&)>;

// What the operator says of one OpenID Connect provider.
struct OidcSettings {
  std::string issuer, client_id, client_secret, ca_pem;
  std::vector<std::string> audiences;  // beside the client's own id
  std::vector<std::string> scopes = {"openid", "email", "profile"};
};

// An OpenID Connect provider: its keys, its endpoints, what its tokens say. Asks it when it must
// and keeps the answers for an hour. Safe from any thread.
class OidcProvider {
 public:
  OidcProvider(OidcSettings settings, const Clock& clock, Fetch fetch);

  // Of an id token or an access token: signed by the provider's keys, or known to its
  // introspection. The reason of a failure is a sentence for the user.
  Result<json::Object> claims_of(std::string_view token);

  // Where the browser goes to log in, for the code of web single sign-on.
  struct Login {
    std::string state, nonce, code_verifier, redirect_uri;
  };
  Result<std::string> login_url(const Login& login);
  // The claims of the id token that a code stands for.
  Result<json::Object> redeem(std::string_view code, const Login& login);

 private:
  Result<json::Value> fetch_json(http::ClientRequest request) const;
  // Fetched at most once an hour; a key set also when a key is missing, at most once a minute.
  Result<json::Value> metadata();
  Result<json::Value> key_set(const std::string& key_id);
  Result<std::string> endpoint(std::string_view name);
  Result<json::Value> post_form(std::string_view endpoint_name,
                                std::vector<std::pair<std::string, std::string>> fields);
  Result<json::Object> verified(std::string_view token);
  Result<json::Object> introspected(std::string_view token);

  const OidcSettings settings_;
  const Clock& clock_;
  const Fetch fetch_;

  struct Kept {
    json::Value value;
    Instant at;
  };
  std::mutex mutex_;  // of what is kept; never held while the provider is asked
  std::optional<Kept> metadata_, keys_;
  Instant keys_asked_;  // when the provider last said something of its keys, or failed to
};

// The providers of [federation] providers, by identity provider and protocol.
class OidcProviders : public ProviderTable<OidcProvider> {
 public:
  // Entries are {"issuer": …, "client_id": …, "client_secret": …, "audiences": […], "scopes": […],
  // "ca_file": …}. No path: none. Throws std::runtime_error with a sentence for the operator.
  OidcProviders(const std::filesystem::path& file, const Clock& clock, Fetch fetch = http::send);
};

// Claims as attributes under the names that Apache's module gives them: "OIDC-email",
// "OIDC_CLAIM_email" and "HTTP_OIDC_EMAIL". Lists are several values; objects are JSON.
Assertion assertion_of_claims(const json::Object& claims);

}  // namespace haneul::keystone
