#include "access/credential.h"

#include <algorithm>
#include <iterator>

namespace haneul::access {
namespace {

// A key that is always there: None where it does not apply.
Credential value(const std::string& text) {
  if (text.empty()) return nullptr;
  return std::string_view(text);
}

// A key that is there only if it applies.
Credential given(const std::string& text) {
  if (text.empty()) return Absent{};
  return std::string_view(text);
}

struct Entry {
  std::string_view name;
  CredentialReader read;
};

using C = const Caller&;
constexpr Entry kCredentials[] = {
    {"user_id", [](C c) { return value(c.user_id.text); }},
    {"user_domain_id", [](C c) { return value(c.user_domain_id.text); }},
    {"project_id", [](C c) { return value(c.project_id.text); }},
    {"project_domain_id", [](C c) { return value(c.project_domain_id.text); }},
    {"domain_id", [](C c) { return value(c.domain_id.text); }},
    {"system_scope", [](C c) { return value(c.system_scope); }},
    {"system", [](C c) { return given(c.system_scope); }},
    {"roles", [](C c) { return Credential(&c.roles); }},
    {"is_admin_project", [](C c) { return Credential(c.is_admin_project); }},
    {"service_user_id", [](C c) { return value(c.service_user_id.text); }},
    {"service_user_domain_id", [](C c) { return value(c.service_user_domain_id.text); }},
    {"service_project_id", [](C c) { return value(c.service_project_id.text); }},
    {"service_project_domain_id", [](C c) { return value(c.service_project_domain_id.text); }},
    {"service_roles", [](C c) { return Credential(&c.service_roles); }},

    {"tenant_id", [](C c) { return value(c.project_id.text); }},
    {"tenant", [](C c) { return value(c.project_id.text); }},
    {"tenant_name", [](C c) { return value(c.project_name); }},
    {"project_name", [](C c) { return value(c.project_name); }},
    {"project_domain", [](C c) { return value(c.project_domain_id.text); }},
    {"user", [](C c) { return value(c.user_id.text); }},
    {"user_name", [](C c) { return value(c.user_name); }},
    {"user_domain", [](C c) { return value(c.user_domain_id.text); }},
    {"domain", [](C c) { return value(c.domain_id.text); }},

    {"user.id", [](C c) { return given(c.user_id.text); }},
    {"user.name", [](C c) { return given(c.user_name); }},
    {"user.domain.id", [](C c) { return given(c.user_domain_id.text); }},
    {"user.domain.name", [](C c) { return given(c.user_domain_name); }},
    {"project.id", [](C c) { return given(c.project_id.text); }},
    {"project.name", [](C c) { return given(c.project_name); }},
    {"project.domain.id", [](C c) { return given(c.project_domain_id.text); }},
    {"project.domain.name", [](C c) { return given(c.project_domain_name); }},
    {"domain.id", [](C c) { return given(c.domain_id.text); }},
    {"domain.name", [](C c) { return given(c.domain_name); }},

    {"token.roles.name", [](C c) { return Credential(&c.roles); }},
    {"token.roles.id", [](C c) { return Credential(&c.role_ids); }},
    {"token.methods", [](C c) { return Credential(&c.methods); }},
    {"token.audit_ids", [](C c) { return Credential(&c.audit_ids); }},
    {"token.is_admin_project", [](C c) { return Credential(c.is_admin_project); }},
    {"token.system.all",
     [](C c) { return c.system_scope == "all" ? Credential(true) : Credential(Absent{}); }},
    {"token.application_credential.id", [](C c) { return given(c.app_cred_id.text); }},
    {"token.application_credential.restricted",
     [](C c) {
       return c.app_cred_id.empty() ? Credential(Absent{}) : Credential(c.app_cred_restricted);
     }},
};

CredentialReader find_exactly(std::string_view name) {
  const auto found = std::find_if(std::begin(kCredentials), std::end(kCredentials),
                                  [&](const Entry& entry) { return entry.name == name; });
  return found == std::end(kCredentials) ? nullptr : found->read;
}

}  // namespace

CredentialReader find_credential(std::string_view name) {
  if (const auto exact = find_exactly(name)) return exact;
  constexpr std::string_view kToken = "token.";
  // token.user.id and the like are the nested names without their first word.
  const bool nested = name.starts_with(kToken) && name.find('.', kToken.size()) != name.npos;
  return nested ? find_exactly(name.substr(kToken.size())) : nullptr;
}

}  // namespace haneul::access
