#include <algorithm>
#include <map>

#include "json/value.h"
#include "services/keystone/adopt/noun.h"

// Who comes from elsewhere: identity providers and their users, directories and their ids, OAuth
// 1.0a's consumers; also what domains configure of their own.
namespace haneul::keystone {
namespace {

constexpr std::int64_t kMicrosPerMinute = 60'000'000;

using Texts = std::map<std::string, std::string, std::less<>>;

std::shared_ptr<const Texts> read_remote_ids(db::Foreign& source) {
  std::map<std::string, json::Array> lists;
  source.each("SELECT idp_id, remote_id FROM idp_remote_ids ORDER BY idp_id, remote_id",
              [&](db::Foreign::Values values) {
                const Given given(values);
                lists[given.text(0)].emplace_back(given.text(1));
              });
  Texts texts;
  for (auto& [id, list] : lists) texts[id] = json::dump(json::Value(std::move(list)));
  return std::make_shared<const Texts>(std::move(texts));
}

// Rules of mappings are JSON that was written as a text in JSON.
// upstream: openstack/keystone:keystone/federation/backends/sql.py (MappingModel.from_dict)
std::optional<json::Value> list_of(const std::string& text) {
  auto value = json::parse(text);
  if (value && value->text()) value = json::parse(std::string(*value->text()));
  if (!value || !value->array()) return std::nullopt;
  return std::move(*value);
}

AdoptedNoun identity_provider_noun(db::Foreign& source) {
  return {
      .name = "identity providers",
      .here = {"identity_providers",
               {"id", "domain_id", "enabled", "description", "authorization_ttl", "remote_ids"}},
      .select =
          "SELECT id, domain_id, enabled, description, authorization_ttl FROM "
          "identity_provider",
      .map =
          [remote_ids = read_remote_ids(source)](const Given& g, Cells& cells, Here&) {
            const auto list = remote_ids->find(g.text(0));
            cells = {g.text(0),
                     g.text(1),
                     std::int64_t{g.flag(2)},
                     g.text_or_null(3),
                     g.number_or_null(4),
                     list == remote_ids->end() ? "[]" : list->second};
            return std::string();
          },
      .refers = {{1, "projects", "domain"}}};
}

AdoptedNoun remote_id_noun() {
  return {.name = "identity providers' remote ids",
          .here = {"idp_remote_ids", {"remote_id", "idp_id"}},
          .select = "SELECT remote_id, idp_id FROM idp_remote_ids",
          .map =
              [](const Given& g, Cells& cells, Here&) {
                cells = {g.text(0), g.text(1)};
                return std::string();
              },
          .refers = {{1, "identity_providers", "identity provider"}}};
}

// Its version of the language came with 2024.1.
AdoptedNoun mapping_noun(db::Foreign& source) {
  const auto columns = source.columns("mapping");
  const bool versioned =
      std::find(columns.begin(), columns.end(), "schema_version") != columns.end();
  return {.name = "mappings",
          .here = {"mappings", {"id", "rules", "schema_version"}},
          .select = versioned ? "SELECT id, rules, schema_version FROM mapping"
                              : "SELECT id, rules, '1.0' FROM mapping",
          .map = [](const Given& g, Cells& cells, Here&) -> std::string {
            const auto rules = list_of(g.text(1));
            if (!rules) return "its rules are no list";
            cells = {g.text(0), json::dump(*rules), g.is_null(2) ? "1.0" : g.text(2)};
            return {};
          }};
}

AdoptedNoun protocol_noun() {
  return {
      .name = "federation protocols",
      .here = {"federation_protocols", {"idp_id", "id", "mapping_id", "remote_id_attribute"}, 2},
      .select = "SELECT idp_id, id, mapping_id, remote_id_attribute FROM federation_protocol",
      .map =
          [](const Given& g, Cells& cells, Here&) {
            cells = {g.text(0), g.text(1), g.text(2), g.text_or_null(3)};
            return std::string();
          },
      .refers = {{0, "identity_providers", "identity provider"}}};
}

AdoptedNoun service_provider_noun() {
  return {.name = "service providers",
          .here = {"service_providers",
                   {"id", "auth_url", "sp_url", "enabled", "description", "relay_state_prefix"}},
          .select =
              "SELECT id, auth_url, sp_url, enabled, description, relay_state_prefix FROM "
              "service_provider",
          .map = [](const Given& g, Cells& cells, Here&) {
            cells = {g.text(0),         g.text(1), g.text(2), std::int64_t{g.flag(3)},
                     g.text_or_null(4), g.text(5)};
            return std::string();
          }};
}

AdoptedNoun federated_user_noun() {
  return {
      .name = "federated users",
      .here = {"federated_users",
               {"idp_id", "protocol_id", "unique_id", "user_id", "display_name"},
               3},
      .select = "SELECT idp_id, protocol_id, unique_id, user_id, display_name FROM federated_user",
      .map =
          [](const Given& g, Cells& cells, Here&) {
            cells = {g.text(0), g.text(1), g.text(2), g.text(3),
                     g.is_null(4) ? g.text(2) : g.text(4)};
            return std::string();
          },
      .refers = {{0, "identity_providers", "identity provider"}, {3, "users", "user"}}};
}

// Upstream keeps when a provider last said so, and counts its time to live from there.
AdoptedNoun expiring_member_noun() {
  return {.name = "federated users' groups",
          .here = {"expiring_group_members", {"user_id", "group_id", "idp_id", "expires_at"}, 3},
          .select =
              "SELECT m.user_id, m.group_id, m.idp_id, m.last_verified, p.authorization_ttl FROM "
              "expiring_user_group_membership m JOIN identity_provider p ON p.id = m.idp_id",
          .map = [](const Given& g, Cells& cells, Here&) -> std::string {
            const Cell verified = g.time_or_null(3);
            const auto* since = std::get_if<std::int64_t>(&verified);
            if (!since || g.is_null(4)) return "its provider has no authorization_ttl";
            cells = {g.text(0), g.text(1), g.text(2), *since + g.number(4) * kMicrosPerMinute};
            return {};
          },
          .refers = {{0, "users", "user"}, {1, "user_groups", "group"}}};
}

AdoptedNoun consumer_noun() {
  return {.name = "OAuth consumers",
          .here = {"oauth_consumers", {"id", "description", "secret", "extra"}},
          .select = "SELECT id, description, secret, extra FROM consumer",
          .map = [](const Given& g, Cells& cells, Here&) {
            cells = {g.text(0), g.text_or_null(1), g.text(2), g.object(3)};
            return std::string();
          }};
}

AdoptedNoun access_token_noun() {
  return {
      .name = "OAuth access tokens",
      .here = {"oauth_access_tokens",
               {"id", "secret", "consumer_id", "project_id", "expires_at", "authorizing_user_id",
                "role_ids"}},
      .select =
          "SELECT id, access_secret, consumer_id, project_id, expires_at, "
          "authorizing_user_id, role_ids FROM access_token",
      .map = [](const Given& g, Cells& cells, Here&) -> std::string {
        const auto roles = list_of(g.text(6));
        if (!roles) return "its roles are no list";
        const Cell end = g.time_or_null(4);
        if (!g.is_null(4) && std::holds_alternative<std::nullptr_t>(end)) {
          return "its end is no time";
        }
        cells = {g.text(0), g.text(1), g.text(2), g.text(3), end, g.text(5), json::dump(*roles)};
        return {};
      },
      .refers = {
          {2, "oauth_consumers", "consumer"}, {3, "projects", "project"}, {5, "users", "user"}}};
}

AdoptedNoun domain_option_noun(std::string_view name, const std::string& table, bool sensitive) {
  return {
      .name = name,
      .here = {"domain_config", {"domain_id", "option_group", "option", "value", "sensitive"}, 3},
      .select = "SELECT domain_id, `group`, `option`, value FROM " + table,
      .map = [sensitive](const Given& g, Cells& cells, Here&) -> std::string {
        const auto value = json::parse(g.text(3));
        if (!value) return "its value is no JSON";
        cells = {g.text(0), g.text(1), g.text(2), json::dump(*value), std::int64_t{sensitive}};
        return {};
      },
      .refers = {{0, "projects", "domain"}}};
}

}  // namespace

AdoptedNoun directory_id_noun() {
  return {.name = "ids of directories",
          .here = {"id_mapping", {"public_id", "entity_type", "domain_id", "local_id"}, 2},
          .select = "SELECT public_id, entity_type, domain_id, local_id FROM id_mapping",
          .map = [](const Given& g, Cells& cells, Here&) -> std::string {
            if (g.text(1) != "user" && g.text(1) != "group") return "of an unknown type";
            cells = {g.text(0), g.text(1), g.text(2), g.text(3)};
            return {};
          },
          .refers = {{2, "projects", "domain"}}};
}

std::vector<AdoptedNoun> federation_nouns(db::Foreign& source) {
  return {domain_option_noun("domains' options", "whitelisted_config", false),
          domain_option_noun("domains' sensitive options", "sensitive_config", true),
          identity_provider_noun(source),
          remote_id_noun(),
          mapping_noun(source),
          protocol_noun(),
          service_provider_noun(),
          federated_user_noun(),
          expiring_member_noun(),
          consumer_noun(),
          access_token_noun()};
}

}  // namespace haneul::keystone
