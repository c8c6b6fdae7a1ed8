#include "services/keystone/adopt/source.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/text.h"

namespace haneul::keystone {
namespace {

// A table of upstream's; columns that are read, and those that need not be.
struct Table {
  std::string_view name, read, known = "";
};

constexpr Table kTables[] = {
    {"access_rule", "id service path method external_id user_id"},
    {"application_credential",
     "internal_id id name secret_hash description user_id project_id expires_at system "
     "unrestricted"},
    {"application_credential_access_rule", "application_credential_id access_rule_id"},
    {"application_credential_role", "application_credential_id role_id"},
    {"access_token",
     "id access_secret consumer_id project_id expires_at authorizing_user_id role_ids"},
    {"assignment", "type actor_id target_id role_id inherited"},
    {"consumer", "id description secret extra"},
    {"credential", "id user_id project_id type extra encrypted_blob", "key_hash"},
    {"endpoint", "id interface service_id url extra enabled region_id", "legacy_endpoint_id"},
    {"endpoint_group", "id name description filters"},
    {"expiring_user_group_membership", "user_id group_id idp_id last_verified"},
    {"federated_user", "id user_id idp_id protocol_id unique_id display_name"},
    {"federation_protocol", "id idp_id mapping_id remote_id_attribute"},
    {"group", "id domain_id name description extra"},
    {"id_mapping", "public_id domain_id local_id entity_type"},
    {"identity_provider", "id enabled description domain_id authorization_ttl"},
    {"idp_remote_ids", "idp_id remote_id"},
    {"implied_role", "prior_role_id implied_role_id"},
    {"limit", "id project_id resource_limit description registered_limit_id domain_id",
     "internal_id"},
    {"local_user", "id user_id domain_id name", "failed_auth_count failed_auth_at"},
    {"mapping", "id rules", "schema_version"},
    {"nonlocal_user", "domain_id name user_id"},
    {"password", "id local_user_id password_hash created_at_int expires_at_int self_service",
     "expires_at created_at"},
    {"policy", "id type blob extra"},
    {"policy_association", "policy_id endpoint_id service_id region_id", "id"},
    {"project", "id name extra description enabled domain_id parent_id is_domain"},
    {"project_endpoint", "endpoint_id project_id"},
    {"project_endpoint_group", "endpoint_group_id project_id"},
    {"project_option", "project_id option_id option_value"},
    {"project_tag", "project_id name"},
    {"region", "id description parent_region_id extra"},
    {"registered_limit", "id service_id region_id resource_name default_limit description",
     "internal_id"},
    {"revocation_event",
     "domain_id project_id user_id role_id trust_id consumer_id access_token_id issued_before "
     "revoked_at audit_id audit_chain_id",
     "id expires_at"},
    {"role", "id name extra domain_id description"},
    {"role_option", "role_id option_id option_value"},
    {"sensitive_config", "domain_id group option value"},
    {"service", "id type enabled extra"},
    {"service_provider", "id auth_url sp_url enabled description relay_state_prefix"},
    {"system_assignment", "type actor_id target_id role_id inherited"},
    {"trust",
     "id trustor_user_id trustee_user_id project_id impersonation deleted_at expires_at "
     "remaining_uses extra redelegated_trust_id redelegation_count",
     "expires_at_int"},
    {"trust_role", "trust_id role_id"},
    {"user", "id extra enabled default_project_id created_at domain_id last_active_at"},
    {"user_group_membership", "user_id group_id"},
    {"user_option", "user_id option_id option_value"},
    {"whitelisted_config", "domain_id group option value"}};

// Of no matter here: versions, locks, tokens of a time when they were rows.
constexpr std::string_view kIgnored[] = {"alembic_version", "migrate_version", "token",
                                         "config_register"};

std::set<std::string, std::less<>> as_set(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

Adopted left(std::string noun, std::string reason, std::int64_t count) {
  Adopted adopted{.noun = std::move(noun)};
  adopted.left[std::move(reason)] = count;
  return adopted;
}

std::int64_t count(db::Foreign& source, const std::string& table) {
  std::int64_t rows = 0;
  source.each(fmt::format("SELECT count(*) FROM `{}`", table),
              [&](db::Foreign::Values v) { rows = parse_int(v[0].value_or("0")).value_or(0); });
  return rows;
}

void tell_unknown_columns(db::Foreign& source, const Table& table, std::vector<Adopted>& told) {
  auto unknown = as_set(source.columns(std::string(table.name)));
  for (const auto known : {table.read, table.known}) {
    for (const auto column : split(known, ' ')) unknown.erase(std::string(column));
  }
  for (const auto& column : unknown) {
    told.push_back(left(fmt::format("{}.{}", table.name, column), "a column not known here", 1));
  }
}

}  // namespace

void refuse_what_is_no_keystone(db::Foreign& source) {
  const auto tables = as_set(source.tables());
  for (const auto* must : {"project", "user", "assignment"}) {
    if (!tables.contains(must)) {
      throw db::Error(fmt::format("this is no database of a Keystone: it has no table {}", must));
    }
  }
  for (const Table& table : kTables) {
    const auto columns = tables.contains(table.name)
                             ? as_set(source.columns(std::string(table.name)))
                             : std::set<std::string, std::less<>>();
    for (const auto column : split(table.read, ' ')) {
      if (columns.contains(column)) continue;
      throw db::Error(fmt::format(
          "this Keystone is of a version that cannot be adopted (its table {} has no {}); upgrade "
          "it to 2022.2 or later first",
          table.name, column));
    }
  }
}

std::vector<Adopted> what_is_left(db::Foreign& source) {
  std::vector<Adopted> told;
  for (const std::string& table : source.tables()) {
    const auto* known = std::find_if(std::begin(kTables), std::end(kTables),
                                     [&](const Table& t) { return t.name == table; });
    if (known != std::end(kTables)) {
      tell_unknown_columns(source, *known, told);
      continue;
    }
    if (std::count(std::begin(kIgnored), std::end(kIgnored), table) || table.starts_with("sqlite_"))
      continue;
    const auto rows = count(source, table);
    if (rows > 0) told.push_back(left(table, "a table that is not carried", rows));
  }
  return told;
}

}  // namespace haneul::keystone
