#pragma once
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/authenticator.h"
#include "base/clock.h"
#include "config/option.h"
#include "db/database.h"
#include "drivers/directory/directory.h"
#include "resource/service.h"
#include "resource/world.h"
#include "services/keystone/logic/compliance.h"
#include "services/keystone/logic/ldap_options.h"
#include "services/keystone/logic/token_payload.h"

namespace haneul::keystone {

struct State;
class Tokens;

struct Options {
  std::string token_provider = "fernet";          // or jws
  std::string jws_private_keys, jws_public_keys;  // directories; empty: below key_directory
  std::filesystem::path key_directory;            // holds fernet-keys/ and credential-keys/
  Duration token_lifetime = std::chrono::hours(1);
  std::size_t fernet_keys_max = 3;                   // that stay after a rotation
  Duration fernet_rotation{};                        // how often by itself; 0: never
  Duration expired_window = std::chrono::hours(48);  // for ?allow_expired=1
  int bcrypt_cost = 12;                              // 4 to 31
  std::size_t password_bytes_max = 4096;
  std::int64_t project_tree_depth_max = 5;
  std::int64_t application_credentials_max = -1;  // a user's; -1 is no limit
  std::int64_t credentials_max = -1;              // a user's
  std::int64_t signature_minutes_max = 15;        // age of a request signed as AWS has it
  std::string limit_model = "flat";               // or strict_two_level
  std::int64_t redelegations_max = 3;
  bool domain_drivers = false;            // domains may have users and groups in a directory
  bool domain_configs_in_tables = false;  // and say so through the API, else in files
  std::string domain_config_dir = "/etc/keystone/domains";
  std::string identity_driver = "sql";  // of all other domains; or ldap, of the default domain
  Duration identity_cache_time = std::chrono::minutes(10);  // of what a directory said
  LdapOptions ldap;                                         // of that driver
  Compliance compliance;
  // In the order of their bits in tokens: all who read each other's tokens need the same.
  std::vector<std::string> auth_methods = {std::begin(kAuthMethods), std::end(kAuthMethods)};
  std::int64_t totp_previous_steps = 1;  // of 30 seconds, whose passcodes are good
  Duration receipt_lifetime = std::chrono::minutes(5);
  std::string mapping_schema_version = "1.0";
  std::string saml_relay_state_prefix = "ss:mem:";
  std::string saml_keyfile, saml_certfile, saml_entity_id, saml_sso_endpoint, saml_metadata_path;
  Duration saml_assertion_lifetime = std::chrono::hours(1);
  std::string providers_file;  // of OpenID Connect providers; empty: none
  std::int64_t authorization_ttl_minutes = 0;
  std::string assertion_prefix;              // empty: no headers are read
  std::vector<std::string> trusted_proxies;  // addresses whose headers are believed
  std::vector<std::string> trusted_dashboards;
  std::string remote_id_attribute, mapped_remote_id_attribute, openid_remote_id_attribute,
      saml2_remote_id_attribute;
  Duration request_token_lifetime = std::chrono::hours(8);  // of OAuth 1.0a; 0: for ever
  Duration access_token_lifetime = std::chrono::hours(24);
  std::vector<std::string> oauth2_methods = {"tls_client_auth", "client_secret_basic"};
  std::string oauth2_mapping_id = "oauth2_mapping";  // of certificates
  std::size_t cached_tokens_max = 100'000;
  std::size_t cached_bytes_max = 128 * 1024 * 1024;
  bool shared_cache = false;  // beside those in memory, for all processes of the cloud
  std::vector<std::string> memcache_servers = {"localhost:11211"};
  Duration shared_cache_time = std::chrono::minutes(10);
  Duration memcache_dead_retry = std::chrono::seconds(10);
};
std::vector<config::Section> sections(Options& values);

// The staged key of the tokens becomes primary, and a new one is staged; processes that run notice.
// Tokens stay good as long as the key they were made with is one of the fernet_keys_max. Returns
// the new primary's number. Throws std::runtime_error.
std::size_t rotate_fernet_keys(const Options& options, const Clock& clock);

// Makes a pair of keys for tokens that are JSON web signatures, where the options say; returns the
// directory of the private one. Throws std::runtime_error.
std::string create_jws_keypair(const Options& options, const Clock& clock, bool replace);

// One service of the catalog, with the same URL for all three interfaces.
struct CatalogEntry {
  std::string name, type, description;
  std::string url;  // may hold $(project_id)s
};

struct Bootstrap {
  std::string admin_password;
  std::string demo_password;
  std::string region = "RegionOne";
  std::vector<CatalogEntry> catalog;
};

// What other services may know of a project.
struct ProjectFacts {
  std::string id, name, domain_id;
  bool enabled = false;  // with its domain
};
struct UserFacts {
  std::string id, name, domain_id;
  bool enabled = false;
};

// OpenStack Identity. Also tells every other service who calls. Safe from any thread.
class Keystone final : public access::Authenticator {
 public:
  // `world` must outlive it. Makes the keys if there are none; throws std::runtime_error with a
  // sentence for the user if it cannot. The tables need not exist before start().
  // Directories are opened with `open`; empty: as LDAP servers.
  Keystone(const resource::World& world, Options options, directory::Opener open = {});
  ~Keystone() override;

  const resource::Service& service() const { return service_; }

  // Reads what is kept in memory; call once, after the migrations and before requests.
  void start();
  // Makes or mends what a cloud needs: the domain "default"; projects admin, demo, service; roles
  // admin, manager, member, reader, service and what implies what; the users admin and demo; the
  // catalog. Existing passwords and everything else of the operator's are left alone; URLs of the
  // entries given follow them. Safe at every start.
  void bootstrap(const Bootstrap& wanted);

  std::shared_ptr<const access::Caller> authenticate(std::string_view token,
                                                     const access::Asked& asked = {}) override;

  std::optional<ProjectFacts> project(db::Session& session, std::string_view id) const;
  std::optional<UserFacts> user(db::Session& session, std::string_view id) const;
  // By id; ids that do not exist are absent.
  std::map<std::string, ProjectFacts> projects(db::Session& session,
                                               const std::vector<std::string>& ids) const;
  std::map<std::string, UserFacts> users(db::Session& session,
                                         const std::vector<std::string>& ids) const;
  // A project of the domain "default" by its name.
  std::optional<ProjectFacts> project_named(db::Session& session, std::string_view name) const;

 private:
  std::unique_ptr<State> state_;
  std::unique_ptr<Tokens> tokens_;
  resource::Service service_;
};

}  // namespace haneul::keystone
