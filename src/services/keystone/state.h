#pragma once
#include <memory>
#include <string>
#include <vector>

#include "resource/service.h"
#include "resource/table.h"
#include "resource/world.h"
#include "services/keystone/application_credential.h"
#include "services/keystone/catalog_cache.h"
#include "services/keystone/consumer.h"
#include "services/keystone/credential.h"
#include "services/keystone/directories.h"
#include "services/keystone/epochs.h"
#include "services/keystone/group.h"
#include "services/keystone/keystone.h"
#include "services/keystone/logic/key_repository.h"
#include "services/keystone/logic/password.h"
#include "services/keystone/logic/password_pattern.h"
#include "services/keystone/oauth_access_token.h"
#include "services/keystone/oauth_request_token.h"
#include "services/keystone/oidc_provider.h"
#include "services/keystone/project.h"
#include "services/keystone/revocation.h"
#include "services/keystone/role.h"
#include "services/keystone/role_graph.h"
#include "services/keystone/saml_provider.h"
#include "services/keystone/shared_tokens.h"
#include "services/keystone/token_cache.h"
#include "services/keystone/token_format.h"
#include "services/keystone/trust.h"
#include "services/keystone/user.h"

namespace haneul::keystone {

inline constexpr std::string_view kDefaultDomain = "default";

// What the nouns of this service share. Lives in Keystone.
struct State {
  State(const resource::World& world_, Options options_, directory::Opener open);

  const resource::World& world;
  const Options options;
  KeyRepository token_keys, credential_keys;
  const std::vector<std::string_view> auth_methods;  // those of the options
  std::unique_ptr<TokenFormat> token_format;
  const PasswordOptions password_options;
  const PasswordPattern password_pattern;
  const OidcProviders oidc;
  const SamlProviders saml;
  const std::string dummy_hash;  // of no password, as costly to compare as a real one

  Epochs epochs;
  Revocations revocations;
  TokenCache cache;
  const SharedTokens shared_cache;
  RoleGraphCache role_graph;
  CatalogCache catalog;
  Directories directories;

  const resource::Store<Project> projects{kProject};
  const resource::Store<User> users{kUser};
  const resource::Store<Group> groups{kGroup};
  const resource::Store<Role> roles{kRole};
  const resource::Store<Trust> trusts{kTrust};
  const resource::Store<Credential> credentials{kCredential};
  const resource::Store<Consumer> consumers{kConsumer};
  const resource::Store<OauthRequestToken> request_tokens{kOauthRequestToken};
  const resource::Store<OauthAccessToken> access_tokens{kOauthAccessToken};
  const resource::Store<ApplicationCredential> application_credentials{kApplicationCredential};

  Instant now() const { return world.clock.now(); }
  // Everything the user's tokens stand for is void from now on.
  void revoke_user(db::Transaction& tx, std::string_view user_id) {
    revocations.add(tx, Revocations::What::user, user_id, now());
  }
};

// Rows of which a missing one ends the request: "Could not find user: x."
Project project_or_fault(const State& state, db::Session& session, std::string_view id);
Project domain_or_fault(const State& state, db::Session& session, std::string_view id);
User user_or_fault(const State& state, db::Session& session, std::string_view id);
Group group_or_fault(const State& state, db::Session& session, std::string_view id);
Role role_or_fault(const State& state, db::Session& session, std::string_view id);

}  // namespace haneul::keystone
