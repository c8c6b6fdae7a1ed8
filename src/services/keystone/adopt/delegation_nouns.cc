#include "services/keystone/adopt/noun.h"

// What lets one act for another: application credentials and trusts. Also credentials and
// revocations.
namespace haneul::keystone {
namespace {

AdoptedNoun pair_noun(std::string_view name, Shape here, const std::string& select,
                      std::vector<AdoptedNoun::Reference> refers) {
  return {.name = name,
          .here = std::move(here),
          .select = select,
          .map =
              [](const Given& g, Cells& cells, Here&) {
                cells = {g.text(0), g.text(1)};
                return std::string();
              },
          .refers = std::move(refers)};
}

AdoptedNoun application_credential_noun() {
  return {.name = "application credentials",
          .here = {"application_credentials",
                   {"id", "user_id", "name", "project_id", "description", "secret_hash",
                    "expires_at", "unrestricted", "has_access_rules"},
                   1,
                   {1, 2}},
          .select =
              "SELECT c.id, c.user_id, c.name, c.project_id, c.description, c.secret_hash, "
              "c.expires_at, c.unrestricted, EXISTS (SELECT 1 FROM "
              "application_credential_access_rule r WHERE r.application_credential_id = "
              "c.internal_id) FROM application_credential c",
          .map = [](const Given& g, Cells& cells, Here&) -> std::string {
            if (g.text(3).empty()) return "not of a project";
            cells = {g.text(0),
                     g.text(1),
                     g.text(2),
                     g.text(3),
                     g.text_or_null(4),
                     g.text(5),
                     g.number_or_null(6),
                     std::int64_t{g.flag(7)},
                     std::int64_t{g.flag(8)}};
            return {};
          },
          .refers = {{1, "users", "user"}, {3, "projects", "project"}}};
}

AdoptedNoun access_rule_noun() {
  return {.name = "access rules",
          .here = {"access_rules", {"id", "user_id", "service", "path", "method"}, 1, {1, 2, 3, 4}},
          .select = "SELECT external_id, user_id, service, path, method FROM access_rule",
          .map = [](const Given& g, Cells& cells, Here&) -> std::string {
            if (g.text(0).empty()) return "without an id";
            cells = {g.text(0), g.text(1), g.text(2), g.text(3), g.text(4)};
            return {};
          },
          .refers = {{1, "users", "user"}}};
}

AdoptedNoun trust_noun() {
  return {.name = "trusts",
          .here = {"trusts",
                   {"id", "trustor_user_id", "trustee_user_id", "project_id", "impersonation",
                    "expires_at", "remaining_uses", "redelegated_trust_id", "redelegation_count",
                    "extra"}},
          .select =
              "SELECT id, trustor_user_id, trustee_user_id, project_id, impersonation, "
              "expires_at, remaining_uses, redelegated_trust_id, redelegation_count, extra, "
              "expires_at_int FROM trust WHERE deleted_at IS NULL",
          .map =
              [](const Given& g, Cells& cells, Here&) {
                cells = {g.text(0),
                         g.text(1),
                         g.text(2),
                         g.text_or_null(3),
                         std::int64_t{g.flag(4)},
                         g.is_null(10) ? g.time_or_null(5) : g.number_or_null(10),
                         g.number_or_null(6),
                         g.text_or_null(7),
                         g.number(8),
                         g.object(9)};
                return std::string();
              },
          .refers = {{1, "users", "trustor"}, {2, "users", "trustee"}, {3, "projects", "project"}}};
}

std::string map_credential(const CredentialKeys& keys, const Given& g, Cells& cells, Here& here) {
  const auto plain = fernet_decrypt(keys.theirs, g.text(4));
  if (!plain) return "encrypted with keys that were not given (--credential-keys)";
  auto blob = here.text("credentials", "encrypted_blob", g.text(0)).value_or("");
  const auto old = blob.empty() ? std::nullopt : fernet_decrypt(keys.ours, blob);
  if (!old || old->payload != plain->payload) {
    blob = fernet_encrypt(keys.ours, plain->payload, keys.now);
  }
  cells = {g.text(0), g.text(1), g.text_or_null(2), g.text(3), std::move(blob), g.object(5)};
  return {};
}

// An event here covers by one attribute; those upstream that name several cover less than one that
// names the user alone.
std::string map_revocation(const Given& g, Cells& cells, Here&) {
  constexpr const char* kWhat[] = {"audit", "chain", "trust", "user", "project"};
  for (std::size_t i = 0; i < std::size(kWhat); ++i) {
    if (g.text(i).empty()) continue;
    const auto before = g.time_or_null(5), at = g.time_or_null(6);
    if (before.index() != 1 || at.index() != 1) return "without a time";
    cells = {kWhat[i], g.text(i), before, at};
    return {};
  }
  return "of something that is looked up for every token here";
}

}  // namespace

std::vector<AdoptedNoun> delegation_nouns() {
  return {
      application_credential_noun(),
      pair_noun("application credentials' roles",
                {"application_credential_roles", {"application_credential_id", "role_id"}, 2},
                "SELECT c.id, r.role_id FROM application_credential_role r "
                "JOIN application_credential c ON c.internal_id = r.application_credential_id",
                {{0, "application_credentials", "application credential"}, {1, "roles", "role"}}),
      access_rule_noun(),
      pair_noun("application credentials' access rules",
                {"application_credential_access_rules",
                 {"application_credential_id", "access_rule_id"},
                 2},
                "SELECT c.id, a.external_id FROM application_credential_access_rule r "
                "JOIN application_credential c ON c.internal_id = r.application_credential_id "
                "JOIN access_rule a ON a.id = r.access_rule_id",
                {{0, "application_credentials", "application credential"},
                 {1, "access_rules", "access rule"}}),
      trust_noun(),
      pair_noun("trusts' roles", {"trust_roles", {"trust_id", "role_id"}, 2},
                "SELECT r.trust_id, r.role_id FROM trust_role r JOIN trust t "
                "ON t.id = r.trust_id WHERE t.deleted_at IS NULL",
                {{0, "trusts", "trust"}, {1, "roles", "role"}})};
}

AdoptedNoun credential_noun(CredentialKeys keys) {
  return {
      .name = "credentials",
      .here = {"credentials", {"id", "user_id", "project_id", "type", "encrypted_blob", "extra"}},
      .select = "SELECT id, user_id, project_id, type, encrypted_blob, extra FROM credential",
      .map = [keys = std::move(keys)](const Given& g, Cells& cells,
                                      Here& here) { return map_credential(keys, g, cells, here); },
      .refers = {{1, "users", "user"}}};
}

AdoptedNoun revocation_noun() {
  return {.name = "revocations",
          .here = {"revocation_events", {"what", "value", "issued_before", "revoked_at"}, 4},
          .select =
              "SELECT audit_id, audit_chain_id, trust_id, user_id, project_id, "
              "issued_before, revoked_at FROM revocation_event",
          .map = map_revocation};
}

}  // namespace haneul::keystone
