#include "services/keystone/keystone.h"

namespace haneul::keystone {
namespace {

using config::option;
using config::options;

constexpr std::string_view kProviders[] = {"fernet", "jws"};

constexpr auto kToken = options(
    option<&Options::token_provider>("provider")
        .one_of(kProviders)
        .help("What tokens are: fernet, encrypted; jws, signed, so that others can read them."),
    option<&Options::token_lifetime>("expiration").range(1, 1e9).help("How long a token is good."),
    option<&Options::expired_window>("allow_expired_window")
        .range(0, 1e9)
        .help("How long after its end a service may still validate a token that it was given."));

constexpr auto kJwt = options(
    option<&Options::jws_private_keys>("jws_private_key_repository")
        .help("Directory of private.pem, which signs tokens. Empty: in the state directory."),
    option<&Options::jws_public_keys>("jws_public_key_repository")
        .help("Directory of public keys, any of which may have signed a token. Empty: in the state "
              "directory."));

constexpr auto kFernet = options(
    option<&Options::fernet_keys_max>("max_active_keys")
        .range(1, 1000)
        .help("Keys that stay after a rotation. A token is good no longer than its key: with "
              "rotations every hour and tokens of an hour, 3."),
    option<&Options::fernet_rotation>("rotation_interval")
        .range(0, 1e9)
        .help("How often keys are rotated without being asked; 0: `haneul fernet-rotate` alone "
              "does."));

constexpr std::string_view kDrivers[] = {"sql", "ldap"};
constexpr auto kIdentity =
    options(option<&Options::bcrypt_cost>("password_hash_rounds")
                .range(4, 31)
                .help("The cost of a password's hash; each step doubles the time of a login."),
            option<&Options::password_bytes_max>("max_password_length")
                .range(1, 4096)
                .help("Longest password in bytes."),
            option<&Options::identity_driver>("driver").one_of(kDrivers).help(
                "Where users and groups are: sql, or ldap for the domain `default`."),
            option<&Options::domain_drivers>("domain_specific_drivers_enabled")
                .help("Domains may have a driver of their own."),
            option<&Options::domain_configs_in_tables>("domain_configurations_from_database")
                .help("They say so through the API, else in files."),
            option<&Options::domain_config_dir>("domain_config_dir")
                .help("Where those files are: `keystone.<name of the domain>.conf`, with "
                      "`[identity]` driver and `[ldap]`. They are read at start."),
            option<&Options::identity_cache_time>("cache_time")
                .range(0, 1e9)
                .help("How long a token stands for what a directory said of its user."));

constexpr auto kLimits =
    options(option<&Options::project_tree_depth_max>("max_project_tree_depth")
                .range(1, 100)
                .help("How deep projects may be nested."),
            option<&Options::application_credentials_max>("application_credential_user_limit")
                .range(-1, 1e9)
                .help("Application credentials of one user; -1 is no limit."),
            option<&Options::credentials_max>("credential_user_limit")
                .range(-1, 1e9)
                .help("Credentials of one user; -1 is no limit."));

constexpr auto kCredentialOptions =
    options(option<&Options::signature_minutes_max>("auth_ttl")
                .range(0, 1e6)
                .help("For how many minutes after its timestamp a request that was signed for EC2 "
                      "or S3 is good for a token."));

constexpr std::string_view kModels[] = {"flat", "strict_two_level"};
constexpr auto kUnifiedLimit =
    options(option<&Options::limit_model>("enforcement_model")
                .one_of(kModels)
                .help("Whether limits of projects are held against their domain's."));

constexpr auto kTrustOptions =
    options(option<&Options::redelegations_max>("max_redelegation_count")
                .range(0, 1000)
                .help("How often a trust may be handed on, if its trustor lets it."));

constexpr auto kCompliance = options(
    option<&Compliance::inactive_days>("disable_user_account_days_inactive")
        .range(0, 36'500)
        .help("Days without a login with a password after which a user counts as disabled; 0: "
              "never."),
    option<&Compliance::lockout_attempts>("lockout_failure_attempts")
        .range(0, 1e9)
        .help("Wrong passwords in a row that lock an account; 0: none do."),
    option<&Compliance::lockout_duration>("lockout_duration")
        .range(0, 1e9)
        .help("How long it stays locked; 0: until an administrator enables the user."),
    option<&Compliance::password_days>("password_expires_days")
        .range(0, 36'500)
        .help("Days that new passwords are good; 0: for ever."),
    option<&Compliance::unique_passwords>("unique_last_password_count")
        .range(0, 100)
        .help("How many of a user's passwords in a row must differ; each costs a user who changes "
              "the password the time of a login."),
    option<&Compliance::password_days_min>("minimum_password_age")
        .range(0, 36'500)
        .help("Days that a password must be used before its user may change it again."),
    option<&Compliance::password_regex>("password_regex")
        .help("What new passwords must match from their beginning, in RE2's syntax; (?=…) and "
              "(?!…) may stand where it begins: `^(?=.*\\d)(?=.*[a-zA-Z]).{7,}$`."),
    option<&Compliance::password_regex_description>("password_regex_description")
        .help("The same in words, for those whose password does not match."),
    option<&Compliance::change_upon_first_use>("change_password_upon_first_use")
        .help("Whether users must change a password that somebody else gave them."));

constexpr auto kAuth = options(option<&Options::auth_methods>("methods").help(
    "Ways to log in, in the order of their bits in tokens: append, and give it to all "
    "who share the keys. `totp` is off unless it is named."));

constexpr auto kTotp =
    options(option<&Options::totp_previous_steps>("included_previous_windows")
                .range(0, 10)
                .help("For how many half minutes a passcode is good after its own."));

constexpr auto kReceipt =
    options(option<&Options::receipt_lifetime>("expiration")
                .range(0, 86'400)
                .help("How long a user who must prove more has time to do so."));
constexpr std::string_view kSchemas[] = {"1.0", "2.0"};
constexpr auto kFederation = options(
    option<&Options::mapping_schema_version>("attribute_mapping_default_schema_version")
        .one_of(kSchemas)
        .help("Language of mappings that do not say which they are written in."),
    option<&Options::authorization_ttl_minutes>("default_authorization_ttl")
        .range(0, 1e9)
        .help("Minutes that memberships in groups hold which a mapping gave; 0: as long as the "
              "token."),
    option<&Options::trusted_dashboards>("trusted_dashboard")
        .help("Addresses to which web single sign-on may hand a token."),
    option<&Options::assertion_prefix>("assertion_prefix")
        .help("What headers begin with that a trusted proxy tells of a user, as environment "
              "variables: HTTP_OIDC_. Empty: none are read."),
    option<&Options::trusted_proxies>("trusted_proxies")
        .help("Addresses of proxies that talk with identity providers and set those headers. "
              "They must take away what a client sends under such names."),
    option<&Options::providers_file>("providers")
        .help("File with the providers that the cloud itself talks to, by OpenID Connect or SAML; "
              "see the "
              "README."),
    option<&Options::remote_id_attribute>("remote_id_attribute")
        .help("Attribute that names the identity provider, for all protocols."));

constexpr auto kMapped = options(option<&Options::mapped_remote_id_attribute>("remote_id_attribute")
                                     .help("The same for the protocol 'mapped'."));
constexpr auto kOpenid = options(option<&Options::openid_remote_id_attribute>("remote_id_attribute")
                                     .help("The same for the protocol 'openid': HTTP_OIDC_ISS."));
constexpr auto kSaml2 = options(option<&Options::saml2_remote_id_attribute>("remote_id_attribute")
                                    .help("The same for the protocol 'saml2'."));

constexpr auto kSaml = options(
    option<&Options::saml_entity_id>("idp_entity_id")
        .help("What this cloud calls itself to service providers."),
    option<&Options::saml_sso_endpoint>("idp_sso_endpoint").help("The address in its metadata."),
    option<&Options::saml_metadata_path>("idp_metadata_path")
        .help("File with its metadata; without one they are made of the options."),
    option<&Options::saml_keyfile>("keyfile").help(
        "RSA key that signs assertions, PEM without a password."),
    option<&Options::saml_certfile>("certfile").help("Its certificate, PEM."),
    option<&Options::saml_assertion_lifetime>("assertion_expiration_time")
        .range(1, 1e9)
        .help("How long an assertion is good."),
    option<&Options::saml_relay_state_prefix>("relay_state_prefix")
        .help("What the RelayState begins with that service providers get."));
constexpr auto kOauth1 =
    options(option<&Options::request_token_lifetime>("request_token_duration")
                .range(0, 1e9)
                .help("How long a request token of OAuth 1.0a waits to be authorized and taken; 0 "
                      "is for ever."),
            option<&Options::access_token_lifetime>("access_token_duration")
                .range(0, 1e9)
                .help("How long an access token of OAuth 1.0a is good; 0 is for ever."));

constexpr auto kOauth2 = options(
    option<&Options::oauth2_methods>("oauth2_authn_methods")
        .help("How clients may say who they are for a token of OAuth 2.0: tls_client_auth, a "
              "certificate; client_secret_basic, an application credential."),
    option<&Options::oauth2_mapping_id>("oauth2_cert_dn_mapping_id")
        .help("Mapping that says what a certificate's names must be of its user."));

constexpr auto kCache =
    options(option<&Options::cached_tokens_max>("tokens_max")
                .range(0, 1e8)
                .help("Tokens whose meaning is kept in memory."),
            option<&Options::cached_bytes_max>("bytes_max")
                .range(0, 1e12)
                .help("Bytes that those may take."),
            option<&Options::shared_cache>("enabled").help(
                "Whether they are also kept in memcached, for all processes of "
                "the cloud."),
            option<&Options::memcache_servers>("memcache_servers")
                .help("Where that is: host:port or [address]:port. A name is "
                      "looked up with each new connection, which may take long."),
            option<&Options::shared_cache_time>("expiration_time")
                .range(1, 86'400)
                .help("How long it keeps them."),
            option<&Options::memcache_dead_retry>("memcache_dead_retry")
                .range(1, 86'400)
                .help("For how long one that did not answer within 50 ms is "
                      "left alone."));

}  // namespace

std::vector<config::Section> sections(Options& values) {
  return {{"keystone", kLimits, &values},
          {"keystone.token", kToken, &values},
          {"keystone.fernet_tokens", kFernet, &values},
          {"keystone.jwt_tokens", kJwt, &values},
          {"keystone.identity", kIdentity, &values},
          {"keystone.credential", kCredentialOptions, &values},
          {"keystone.unified_limit", kUnifiedLimit, &values},
          {"keystone.trust", kTrustOptions, &values},
          {"keystone.ldap", ldap_options(), &values.ldap},
          {"keystone.security_compliance", kCompliance, &values.compliance},
          {"keystone.auth", kAuth, &values},
          {"keystone.totp", kTotp, &values},
          {"keystone.receipt", kReceipt, &values},
          {"keystone.federation", kFederation, &values},
          {"keystone.mapped", kMapped, &values},
          {"keystone.openid", kOpenid, &values},
          {"keystone.saml2", kSaml2, &values},
          {"keystone.saml", kSaml, &values},
          {"keystone.oauth1", kOauth1, &values},
          {"keystone.oauth2", kOauth2, &values},
          {"keystone.cache", kCache, &values}};
}

}  // namespace haneul::keystone
