#include "services/keystone/policies.h"

namespace haneul::keystone {
namespace {

using access::kDomain;
using access::kProject;
using access::kSystem;
using access::ScopeTypes;

constexpr ScopeTypes kEveryScope = kSystem | kDomain | kProject;

constexpr std::string_view kAdmin = "rule:admin_required";
constexpr std::string_view kAdminOrSystemReader =
    "rule:admin_required or (role:reader and system_scope:all)";
constexpr std::string_view kServiceOrAdmin = "rule:service_or_admin";
constexpr std::string_view kProjectManager =
    "(rule:admin_required) or (role:manager and domain_id:%(target.project.domain_id)s and not "
    "None:%(target.project.domain_id)s)";
constexpr std::string_view kProjectReaderOrOwn =
    "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and "
    "domain_id:%(target.project.domain_id)s and not None:%(target.project.domain_id)s) or "
    "project_id:%(target.project.id)s";
constexpr std::string_view kAdminOrSystemReaderOrOwner =
    "(rule:admin_required) or (role:reader and system_scope:all) or rule:owner";
constexpr std::string_view kCredentialReader =
    "(rule:admin_required) or (role:reader and system_scope:all) or "
    "user_id:%(target.credential.user_id)s";
constexpr std::string_view kCredentialOwner =
    "(rule:admin_required) or user_id:%(target.credential.user_id)s";
constexpr std::string_view kCredentialMember =
    "(rule:admin_required) or (role:member and user_id:%(target.credential.user_id)s)";
constexpr std::string_view kGroupReader =
    "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and "
    "domain_id:%(target.group.domain_id)s)";
constexpr std::string_view kGroupManager =
    "(rule:admin_required) or (role:manager and domain_id:%(target.group.domain_id)s)";
constexpr std::string_view kGroupMembership =
    "(rule:admin_required) or (role:manager and domain_id:%(target.group.domain_id)s and "
    "domain_id:%(target.user.domain_id)s)";
constexpr std::string_view kUserManager =
    "(rule:admin_required) or (role:manager and token.domain.id:%(target.user.domain_id)s)";
constexpr std::string_view kTrustParty =
    "(rule:admin_required) or (role:reader and system_scope:all or "
    "user_id:%(target.trust.trustor_user_id)s or user_id:%(target.trust.trustee_user_id)s)";
constexpr std::string_view kAssignmentReader =
    "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and "
    "domain_id:%(target.domain_id)s and not None:%(target.domain_id)s)";
constexpr std::string_view kDomainReader =
    "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and "
    "domain_id:%(target.domain_id)s)";
constexpr std::string_view kGrant =
    "(rule:admin_required) or ((role:admin and domain_id:%(target.user.domain_id)s and "
    "domain_id:%(target.project.domain_id)s) or (role:admin and "
    "domain_id:%(target.user.domain_id)s and domain_id:%(target.domain.id)s) or (role:admin and "
    "domain_id:%(target.group.domain_id)s and domain_id:%(target.project.domain_id)s) or "
    "(role:admin and domain_id:%(target.group.domain_id)s and domain_id:%(target.domain.id)s)) and "
    "(domain_id:%(target.role.domain_id)s or None:%(target.role.domain_id)s) or ((role:manager and "
    "domain_id:%(target.user.domain_id)s and domain_id:%(target.project.domain_id)s) or "
    "(role:manager and domain_id:%(target.user.domain_id)s and domain_id:%(target.domain.id)s) or "
    "(role:manager and domain_id:%(target.group.domain_id)s and "
    "domain_id:%(target.project.domain_id)s) or (role:manager and "
    "domain_id:%(target.group.domain_id)s and domain_id:%(target.domain.id)s)) and "
    "rule:domain_managed_target_role";

constexpr access::PolicyDefault kTable[] = {
    {"admin_required", "role:admin or is_admin:1"},
    {"service_role", "role:service"},
    {"service_or_admin", "rule:admin_required or rule:service_role"},
    {"owner", "user_id:%(user_id)s"},
    {"admin_or_owner", "rule:admin_required or rule:owner"},
    {"token_subject", "user_id:%(target.token.user_id)s"},
    {"admin_or_token_subject", "rule:admin_required or rule:token_subject"},
    {"service_admin_or_token_subject", "rule:service_or_admin or rule:token_subject"},
    {"domain_managed_target_role",
     "'manager':%(target.role.name)s or 'member':%(target.role.name)s or "
     "'reader':%(target.role.name)s"},
    {"identity:get_access_rule", "(role:reader and system_scope:all) or user_id:%(target.user.id)s",
     kSystem | kProject, "GET /v3/users/{user_id}/access_rules/{id}"},
    {"identity:list_access_rules",
     "(role:reader and system_scope:all) or user_id:%(target.user.id)s", kSystem | kProject,
     "GET /v3/users/{user_id}/access_rules"},
    {"identity:delete_access_rule",
     "(role:admin and system_scope:all) or user_id:%(target.user.id)s", kSystem | kProject,
     "DELETE /v3/users/{user_id}/access_rules/{id}"},
    {"identity:authorize_request_token", kAdmin, kProject,
     "PUT /v3/OS-OAUTH1/authorize/{request_token_id}"},
    {"identity:get_access_token", kAdmin, kProject,
     "GET /v3/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}"},
    {"identity:get_access_token_role", kAdmin, kProject,
     "GET /v3/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}/roles/{role_id}"},
    {"identity:list_access_tokens", kAdmin, kProject,
     "GET /v3/users/{user_id}/OS-OAUTH1/access_tokens"},
    {"identity:list_access_token_roles", kAdmin, kProject,
     "GET /v3/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}/roles"},
    {"identity:delete_access_token", kAdmin, kProject,
     "DELETE /v3/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}"},
    {"identity:get_application_credential", kAdminOrSystemReaderOrOwner, kSystem | kProject,
     "GET /v3/users/{user_id}/application_credentials/{id}"},
    {"identity:list_application_credentials", kAdminOrSystemReaderOrOwner, kSystem | kProject,
     "GET /v3/users/{user_id}/application_credentials"},
    {"identity:create_application_credential", "user_id:%(user_id)s", kProject,
     "POST /v3/users/{user_id}/application_credentials"},
    {"identity:delete_application_credential", "rule:admin_or_owner", kSystem | kProject,
     "DELETE /v3/users/{user_id}/application_credentials/{id}"},
    {"identity:get_auth_catalog", "", access::kAnyScope, "GET /v3/auth/catalog"},
    {"identity:get_auth_projects", "", access::kAnyScope,
     "GET /v3/auth/projects, GET /v3/OS-FEDERATION/projects"},
    {"identity:get_auth_domains", "", access::kAnyScope,
     "GET /v3/auth/domains, GET /v3/OS-FEDERATION/domains"},
    {"identity:get_auth_system", "", access::kAnyScope, "GET /v3/auth/system"},
    {"identity:get_consumer", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/OS-OAUTH1/consumers/{id}"},
    {"identity:list_consumers", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/OS-OAUTH1/consumers"},
    {"identity:create_consumer", kAdmin, kSystem | kProject, "POST /v3/OS-OAUTH1/consumers"},
    {"identity:update_consumer", kAdmin, kSystem | kProject, "PATCH /v3/OS-OAUTH1/consumers/{id}"},
    {"identity:delete_consumer", kAdmin, kSystem | kProject, "DELETE /v3/OS-OAUTH1/consumers/{id}"},
    {"identity:get_credential", kCredentialReader, kEveryScope, "GET /v3/credentials/{id}"},
    {"identity:list_credentials", kCredentialReader, kEveryScope, "GET /v3/credentials"},
    {"identity:create_credential", kCredentialOwner, kEveryScope, "POST /v3/credentials"},
    {"identity:update_credential", kCredentialOwner, kEveryScope, "PATCH /v3/credentials/{id}"},
    {"identity:delete_credential", kCredentialOwner, kEveryScope, "DELETE /v3/credentials/{id}"},
    {"identity:get_domain",
     "rule:admin_required or (role:reader and system_scope:all) or "
     "token.domain.id:%(target.domain.id)s or token.project.domain.id:%(target.domain.id)s",
     kEveryScope, "GET /v3/domains/{id}"},
    {"identity:list_domains",
     "rule:admin_required or (role:reader and system_scope:all) or (role:reader and "
     "domain_id:%(target.domain.id)s)",
     kEveryScope, "GET /v3/domains"},
    {"identity:create_domain", kAdmin, kSystem | kProject, "POST /v3/domains"},
    {"identity:update_domain", kAdmin, kSystem | kProject, "PATCH /v3/domains/{id}"},
    {"identity:delete_domain", kAdmin, kSystem | kProject, "DELETE /v3/domains/{id}"},
    {"identity:create_domain_config", kAdmin, kSystem | kProject,
     "PUT /v3/domains/{domain_id}/config"},
    {"identity:get_domain_config", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/domains/{domain_id}/config, GET /v3/domains/{domain_id}/config/{group}, GET "
     "/v3/domains/{domain_id}/config/{group}/{option}"},
    {"identity:get_security_compliance_domain_config", "", kEveryScope,
     "GET /v3/domains/{domain_id}/config/security_compliance, GET "
     "/v3/domains/{domain_id}/config/security_compliance/{option}"},
    {"identity:update_domain_config", kAdmin, kSystem | kProject,
     "PATCH /v3/domains/{domain_id}/config, PATCH /v3/domains/{domain_id}/config/{group}, PATCH "
     "/v3/domains/{domain_id}/config/{group}/{option}"},
    {"identity:delete_domain_config", kAdmin, kSystem | kProject,
     "DELETE /v3/domains/{domain_id}/config, DELETE /v3/domains/{domain_id}/config/{group}, "
     "DELETE /v3/domains/{domain_id}/config/{group}/{option}"},
    {"identity:get_domain_config_default", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/domains/config/default, GET /v3/domains/config/{group}/default, GET "
     "/v3/domains/config/{group}/{option}/default"},
    {"identity:ec2_get_credential", kCredentialReader, kSystem | kProject,
     "GET /v3/users/{user_id}/credentials/OS-EC2/{credential_id}"},
    {"identity:ec2_list_credentials", kAdminOrSystemReaderOrOwner, kSystem | kProject,
     "GET /v3/users/{user_id}/credentials/OS-EC2"},
    {"identity:ec2_create_credential", kCredentialMember, kSystem | kProject,
     "POST /v3/users/{user_id}/credentials/OS-EC2"},
    {"identity:ec2_delete_credential", kCredentialMember, kSystem | kProject,
     "DELETE /v3/users/{user_id}/credentials/OS-EC2/{credential_id}"},
    {"identity:get_endpoint", kAdminOrSystemReader, kSystem | kProject, "GET /v3/endpoints/{id}"},
    {"identity:list_endpoints", kAdminOrSystemReader, kSystem | kProject, "GET /v3/endpoints"},
    {"identity:create_endpoint", kAdmin, kSystem | kProject, "POST /v3/endpoints"},
    {"identity:update_endpoint", kAdmin, kSystem | kProject, "PATCH /v3/endpoints/{id}"},
    {"identity:delete_endpoint", kAdmin, kSystem | kProject, "DELETE /v3/endpoints/{id}"},
    {"identity:create_identity_provider", kAdmin, kSystem | kProject,
     "PUT /v3/OS-FEDERATION/identity_providers/{id}"},
    {"identity:list_identity_providers", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/OS-FEDERATION/identity_providers"},
    {"identity:get_identity_provider", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/OS-FEDERATION/identity_providers/{id}"},
    {"identity:update_identity_provider", kAdmin, kSystem | kProject,
     "PATCH /v3/OS-FEDERATION/identity_providers/{id}"},
    {"identity:delete_identity_provider", kAdmin, kSystem | kProject,
     "DELETE /v3/OS-FEDERATION/identity_providers/{id}"},
    {"identity:create_mapping", kAdmin, kSystem | kProject, "PUT /v3/OS-FEDERATION/mappings/{id}"},
    {"identity:list_mappings", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/OS-FEDERATION/mappings"},
    {"identity:get_mapping", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/OS-FEDERATION/mappings/{id}"},
    {"identity:update_mapping", kAdmin, kSystem | kProject,
     "PATCH /v3/OS-FEDERATION/mappings/{id}"},
    {"identity:delete_mapping", kAdmin, kSystem | kProject,
     "DELETE /v3/OS-FEDERATION/mappings/{id}"},
    {"identity:create_service_provider", kAdmin, kSystem | kProject,
     "PUT /v3/OS-FEDERATION/service_providers/{id}"},
    {"identity:list_service_providers", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/OS-FEDERATION/service_providers"},
    {"identity:get_service_provider", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/OS-FEDERATION/service_providers/{id}"},
    {"identity:update_service_provider", kAdmin, kSystem | kProject,
     "PATCH /v3/OS-FEDERATION/service_providers/{id}"},
    {"identity:delete_service_provider", kAdmin, kSystem | kProject,
     "DELETE /v3/OS-FEDERATION/service_providers/{id}"},
    {"identity:create_protocol", kAdmin, kSystem | kProject,
     "PUT /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}"},
    {"identity:list_protocols", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols"},
    {"identity:get_protocol", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}"},
    {"identity:update_protocol", kAdmin, kSystem | kProject,
     "PATCH /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}"},
    {"identity:delete_protocol", kAdmin, kSystem | kProject,
     "DELETE /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}"},
    {"identity:create_endpoint_group", kAdmin, kSystem | kProject,
     "POST /v3/OS-EP-FILTER/endpoint_groups"},
    {"identity:list_endpoint_groups", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/OS-EP-FILTER/endpoint_groups"},
    {"identity:get_endpoint_group", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/OS-EP-FILTER/endpoint_groups/{id}"},
    {"identity:update_endpoint_group", kAdmin, kSystem | kProject,
     "PATCH /v3/OS-EP-FILTER/endpoint_groups/{id}"},
    {"identity:delete_endpoint_group", kAdmin, kSystem | kProject,
     "DELETE /v3/OS-EP-FILTER/endpoint_groups/{id}"},
    {"identity:list_projects_associated_with_endpoint_group", kAdminOrSystemReader,
     kSystem | kProject, "GET /v3/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects"},
    {"identity:list_endpoints_associated_with_endpoint_group", kAdminOrSystemReader,
     kSystem | kProject, "GET /v3/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/endpoints"},
    {"identity:get_endpoint_group_in_project", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects/{project_id}"},
    {"identity:list_endpoint_groups_for_project", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/OS-EP-FILTER/projects/{project_id}/endpoint_groups"},
    {"identity:add_endpoint_group_to_project", kAdmin, kSystem | kProject,
     "PUT /v3/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects/{project_id}"},
    {"identity:remove_endpoint_group_from_project", kAdmin, kSystem | kProject,
     "DELETE /v3/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects/{project_id}"},
    {"identity:check_grant",
     "(rule:admin_required) or ((role:reader and system_scope:all) or ((role:reader and "
     "domain_id:%(target.user.domain_id)s and domain_id:%(target.project.domain_id)s) or "
     "(role:reader and domain_id:%(target.user.domain_id)s and domain_id:%(target.domain.id)s) or "
     "(role:reader and domain_id:%(target.group.domain_id)s and "
     "domain_id:%(target.project.domain_id)s) or (role:reader and "
     "domain_id:%(target.group.domain_id)s and domain_id:%(target.domain.id)s)) and "
     "(domain_id:%(target.role.domain_id)s or None:%(target.role.domain_id)s))",
     kEveryScope,
     "GET /v3/projects/{project_id}/users/{user_id}/roles/{role_id}, GET "
     "/v3/domains/{domain_id}/users/{user_id}/roles/{role_id}, GET "
     "/v3/OS-INHERIT/projects/{project_id}/users/{user_id}/roles/{role_id}/inherited_to_projects, "
     "GET "
     "/v3/OS-INHERIT/domains/{domain_id}/users/{user_id}/roles/{role_id}/inherited_to_projects, "
     "GET /v3/projects/{project_id}/groups/{group_id}/roles/{role_id}, GET "
     "/v3/domains/{domain_id}/groups/{group_id}/roles/{role_id}, GET "
     "/v3/OS-INHERIT/projects/{project_id}/groups/{group_id}/roles/{role_id}/"
     "inherited_to_projects, GET "
     "/v3/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects"},
    {"identity:list_grants",
     "(rule:admin_required) or ((role:reader and system_scope:all) or (role:reader and "
     "domain_id:%(target.user.domain_id)s and domain_id:%(target.project.domain_id)s) or "
     "(role:reader and domain_id:%(target.user.domain_id)s and domain_id:%(target.domain.id)s) or "
     "(role:reader and domain_id:%(target.group.domain_id)s and "
     "domain_id:%(target.project.domain_id)s) or (role:reader and "
     "domain_id:%(target.group.domain_id)s and domain_id:%(target.domain.id)s))",
     kEveryScope,
     "GET /v3/projects/{project_id}/users/{user_id}/roles, GET "
     "/v3/domains/{domain_id}/users/{user_id}/roles, GET "
     "/v3/OS-INHERIT/projects/{project_id}/users/{user_id}/roles/inherited_to_projects, GET "
     "/v3/OS-INHERIT/domains/{domain_id}/users/{user_id}/roles/inherited_to_projects, GET "
     "/v3/projects/{project_id}/groups/{group_id}/roles, GET "
     "/v3/domains/{domain_id}/groups/{group_id}/roles, GET "
     "/v3/OS-INHERIT/projects/{project_id}/groups/{group_id}/roles/inherited_to_projects, GET "
     "/v3/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/inherited_to_projects"},
    {"identity:create_grant", kGrant, kEveryScope,
     "PUT /v3/projects/{project_id}/users/{user_id}/roles/{role_id}, PUT "
     "/v3/domains/{domain_id}/users/{user_id}/roles/{role_id}, PUT "
     "/v3/OS-INHERIT/projects/{project_id}/users/{user_id}/roles/{role_id}/inherited_to_projects, "
     "PUT "
     "/v3/OS-INHERIT/domains/{domain_id}/users/{user_id}/roles/{role_id}/inherited_to_projects, "
     "PUT /v3/projects/{project_id}/groups/{group_id}/roles/{role_id}, PUT "
     "/v3/domains/{domain_id}/groups/{group_id}/roles/{role_id}, PUT "
     "/v3/OS-INHERIT/projects/{project_id}/groups/{group_id}/roles/{role_id}/"
     "inherited_to_projects, PUT "
     "/v3/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects"},
    {"identity:revoke_grant", kGrant, kEveryScope,
     "DELETE /v3/projects/{project_id}/users/{user_id}/roles/{role_id}, DELETE "
     "/v3/domains/{domain_id}/users/{user_id}/roles/{role_id}, DELETE "
     "/v3/OS-INHERIT/projects/{project_id}/users/{user_id}/roles/{role_id}/inherited_to_projects, "
     "DELETE "
     "/v3/OS-INHERIT/domains/{domain_id}/users/{user_id}/roles/{role_id}/inherited_to_projects, "
     "DELETE /v3/projects/{project_id}/groups/{group_id}/roles/{role_id}, DELETE "
     "/v3/domains/{domain_id}/groups/{group_id}/roles/{role_id}, DELETE "
     "/v3/OS-INHERIT/projects/{project_id}/groups/{group_id}/roles/{role_id}/"
     "inherited_to_projects, DELETE "
     "/v3/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects"},
    {"identity:list_system_grants_for_user", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/system/users/{user_id}/roles"},
    {"identity:check_system_grant_for_user", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/system/users/{user_id}/roles/{role_id}"},
    {"identity:create_system_grant_for_user", kAdmin, kSystem | kProject,
     "PUT /v3/system/users/{user_id}/roles/{role_id}"},
    {"identity:revoke_system_grant_for_user", kAdmin, kSystem | kProject,
     "DELETE /v3/system/users/{user_id}/roles/{role_id}"},
    {"identity:list_system_grants_for_group", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/system/groups/{group_id}/roles"},
    {"identity:check_system_grant_for_group", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/system/groups/{group_id}/roles/{role_id}"},
    {"identity:create_system_grant_for_group", kAdmin, kSystem | kProject,
     "PUT /v3/system/groups/{group_id}/roles/{role_id}"},
    {"identity:revoke_system_grant_for_group", kAdmin, kSystem | kProject,
     "DELETE /v3/system/groups/{group_id}/roles/{role_id}"},
    {"identity:get_group", kGroupReader, kEveryScope, "GET /v3/groups/{id}"},
    {"identity:list_groups", kGroupReader, kEveryScope, "GET /v3/groups"},
    {"identity:list_groups_for_user",
     "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and "
     "domain_id:%(target.user.domain_id)s) or user_id:%(user_id)s",
     kEveryScope, "GET /v3/users/{user_id}/groups"},
    {"identity:create_group", kGroupManager, kEveryScope, "POST /v3/groups"},
    {"identity:update_group", kGroupManager, kEveryScope, "PATCH /v3/groups/{id}"},
    {"identity:delete_group", kGroupManager, kEveryScope, "DELETE /v3/groups/{id}"},
    {"identity:list_users_in_group", kGroupReader, kEveryScope, "GET /v3/groups/{group_id}/users"},
    {"identity:remove_user_from_group", kGroupMembership, kEveryScope,
     "DELETE /v3/groups/{group_id}/users/{user_id}"},
    {"identity:check_user_in_group",
     "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and "
     "domain_id:%(target.group.domain_id)s and domain_id:%(target.user.domain_id)s)",
     kEveryScope, "GET /v3/groups/{group_id}/users/{user_id}"},
    {"identity:add_user_to_group", kGroupMembership, kEveryScope,
     "PUT /v3/groups/{group_id}/users/{user_id}"},
    {"identity:get_implied_role", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/roles/{prior_role_id}/implies/{implied_role_id}"},
    {"identity:list_implied_roles", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/roles/{prior_role_id}/implies"},
    {"identity:create_implied_role", kAdmin, kSystem | kProject,
     "PUT /v3/roles/{prior_role_id}/implies/{implied_role_id}"},
    {"identity:delete_implied_role", kAdmin, kSystem | kProject,
     "DELETE /v3/roles/{prior_role_id}/implies/{implied_role_id}"},
    {"identity:list_role_inference_rules", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/role_inferences"},
    {"identity:check_implied_role", kAdminOrSystemReader, kSystem | kProject},
    {"identity:get_limit_model", "", kEveryScope, "GET /v3/limits/model"},
    {"identity:get_limit",
     "rule:admin_required or (role:reader and system_scope:all) or "
     "(domain_id:%(target.limit.domain.id)s or domain_id:%(target.limit.project.domain_id)s) or "
     "(project_id:%(target.limit.project_id)s and not None:%(target.limit.project_id)s)",
     kEveryScope, "GET /v3/limits/{id}"},
    {"identity:list_limits", "", kEveryScope, "GET /v3/limits"},
    {"identity:create_limits", kAdmin, kSystem | kProject, "POST /v3/limits"},
    {"identity:update_limit", kAdmin, kSystem | kProject, "PATCH /v3/limits/{id}"},
    {"identity:delete_limit", kAdmin, kSystem | kProject, "DELETE /v3/limits/{id}"},
    {"identity:get_policy", kAdminOrSystemReader, kSystem | kProject, "GET /v3/policies/{id}"},
    {"identity:list_policies", kAdminOrSystemReader, kSystem | kProject, "GET /v3/policies"},
    {"identity:create_policy", kAdmin, kSystem | kProject, "POST /v3/policies"},
    {"identity:update_policy", kAdmin, kSystem | kProject, "PATCH /v3/policies/{id}"},
    {"identity:delete_policy", kAdmin, kSystem | kProject, "DELETE /v3/policies/{id}"},
    {"identity:create_policy_association_for_endpoint", kAdmin, kSystem | kProject,
     "PUT /v3/policies/{policy_id}/OS-ENDPOINT-POLICY/endpoints/{endpoint_id}"},
    {"identity:check_policy_association_for_endpoint", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/policies/{policy_id}/OS-ENDPOINT-POLICY/endpoints/{endpoint_id}"},
    {"identity:delete_policy_association_for_endpoint", kAdmin, kSystem | kProject,
     "DELETE /v3/policies/{policy_id}/OS-ENDPOINT-POLICY/endpoints/{endpoint_id}"},
    {"identity:create_policy_association_for_service", kAdmin, kSystem | kProject,
     "PUT /v3/policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}"},
    {"identity:check_policy_association_for_service", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}"},
    {"identity:delete_policy_association_for_service", kAdmin, kSystem | kProject,
     "DELETE /v3/policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}"},
    {"identity:create_policy_association_for_region_and_service", kAdmin, kSystem | kProject,
     "PUT /v3/policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}/regions/{region_id}"},
    {"identity:check_policy_association_for_region_and_service", kAdminOrSystemReader,
     kSystem | kProject,
     "GET /v3/policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}/regions/{region_id}"},
    {"identity:delete_policy_association_for_region_and_service", kAdmin, kSystem | kProject,
     "DELETE "
     "/v3/policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}/regions/{region_id}"},
    {"identity:get_policy_for_endpoint", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy"},
    {"identity:list_endpoints_for_policy", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/policies/{policy_id}/OS-ENDPOINT-POLICY/endpoints"},
    {"identity:get_project", kProjectReaderOrOwn, kEveryScope, "GET /v3/projects/{id}"},
    {"identity:list_projects", kDomainReader, kEveryScope, "GET /v3/projects"},
    {"identity:list_user_projects",
     "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and "
     "domain_id:%(target.user.domain_id)s) or user_id:%(target.user.id)s",
     kEveryScope, "GET /v3/users/{user_id}/projects"},
    {"identity:create_project", kProjectManager, kEveryScope, "POST /v3/projects"},
    {"identity:update_project", kProjectManager, kEveryScope, "PATCH /v3/projects/{id}"},
    {"identity:delete_project", kProjectManager, kEveryScope, "DELETE /v3/projects/{id}"},
    {"identity:list_project_tags", kProjectReaderOrOwn, kEveryScope,
     "GET /v3/projects/{project_id}/tags"},
    {"identity:get_project_tag", kProjectReaderOrOwn, kEveryScope,
     "GET /v3/projects/{project_id}/tags/{value}"},
    {"identity:update_project_tags", kProjectManager, kEveryScope,
     "PUT /v3/projects/{project_id}/tags"},
    {"identity:create_project_tag", kProjectManager, kEveryScope,
     "PUT /v3/projects/{project_id}/tags/{value}"},
    {"identity:delete_project_tags", kProjectManager, kEveryScope,
     "DELETE /v3/projects/{project_id}/tags"},
    {"identity:delete_project_tag", kProjectManager, kEveryScope,
     "DELETE /v3/projects/{project_id}/tags/{value}"},
    {"identity:list_projects_for_endpoint", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/OS-EP-FILTER/endpoints/{endpoint_id}/projects"},
    {"identity:add_endpoint_to_project", kAdmin, kSystem | kProject,
     "PUT /v3/OS-EP-FILTER/projects/{project_id}/endpoints/{endpoint_id}"},
    {"identity:check_endpoint_in_project", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/OS-EP-FILTER/projects/{project_id}/endpoints/{endpoint_id}"},
    {"identity:list_endpoints_for_project", kAdminOrSystemReader, kSystem | kProject,
     "GET /v3/OS-EP-FILTER/projects/{project_id}/endpoints"},
    {"identity:remove_endpoint_from_project", kAdmin, kSystem | kProject,
     "DELETE /v3/OS-EP-FILTER/projects/{project_id}/endpoints/{endpoint_id}"},
    {"identity:get_region", "", kEveryScope, "GET /v3/regions/{id}"},
    {"identity:list_regions", "", kEveryScope, "GET /v3/regions"},
    {"identity:create_region", kAdmin, kSystem | kProject,
     "POST /v3/regions, PUT /v3/regions/{id}"},
    {"identity:update_region", kAdmin, kSystem | kProject, "PATCH /v3/regions/{id}"},
    {"identity:delete_region", kAdmin, kSystem | kProject, "DELETE /v3/regions/{id}"},
    {"identity:get_registered_limit", "", kEveryScope, "GET /v3/registered_limits/{id}"},
    {"identity:list_registered_limits", "", kEveryScope, "GET /v3/registered_limits"},
    {"identity:create_registered_limits", kAdmin, kSystem | kProject, "POST /v3/registered_limits"},
    {"identity:update_registered_limit", kAdmin, kSystem | kProject,
     "PATCH /v3/registered_limits/{id}"},
    {"identity:delete_registered_limit", kAdmin, kSystem | kProject,
     "DELETE /v3/registered_limits/{id}"},
    {"identity:list_revoke_events", kServiceOrAdmin, kSystem | kProject,
     "GET /v3/OS-REVOKE/events"},
    {"identity:get_role",
     "(rule:admin_required or (role:reader and system_scope:all)) or (role:manager and "
     "rule:domain_managed_target_role)",
     kEveryScope, "GET /v3/roles/{role_id}"},
    {"identity:list_roles",
     "(rule:admin_required or (role:reader and system_scope:all)) or (role:manager and not "
     "domain_id:None)",
     kEveryScope, "GET /v3/roles"},
    {"identity:create_role", kAdmin, kSystem | kProject, "POST /v3/roles"},
    {"identity:update_role", kAdmin, kSystem | kProject, "PATCH /v3/roles/{role_id}"},
    {"identity:delete_role", kAdmin, kSystem | kProject, "DELETE /v3/roles/{role_id}"},
    {"identity:get_domain_role", kAdminOrSystemReader, kSystem | kProject},
    {"identity:list_domain_roles", kAdminOrSystemReader, kSystem | kProject},
    {"identity:create_domain_role", kAdmin, kSystem | kProject},
    {"identity:update_domain_role", kAdmin, kSystem | kProject},
    {"identity:delete_domain_role", kAdmin, kSystem | kProject},
    {"identity:list_role_assignments", kAssignmentReader, kEveryScope, "GET /v3/role_assignments"},
    {"identity:list_role_assignments_for_tree", kAssignmentReader, kEveryScope},
    {"identity:s3tokens_validate", kServiceOrAdmin, kEveryScope, "POST /v3/s3tokens"},
    {"identity:ec2tokens_validate", kServiceOrAdmin, kEveryScope, "POST /v3/ec2tokens"},
    {"identity:get_service", kAdminOrSystemReader, kSystem | kProject, "GET /v3/services/{id}"},
    {"identity:list_services", kAdminOrSystemReader, kSystem | kProject, "GET /v3/services"},
    {"identity:create_service", kAdmin, kSystem | kProject, "POST /v3/services"},
    {"identity:update_service", kAdmin, kSystem | kProject, "PATCH /v3/services/{id}"},
    {"identity:delete_service", kAdmin, kSystem | kProject, "DELETE /v3/services/{id}"},
    {"identity:revocation_list", kServiceOrAdmin, kSystem | kProject},
    {"identity:check_token",
     "rule:admin_required or (role:reader and system_scope:all) or rule:token_subject",
     kEveryScope},
    {"identity:validate_token",
     "rule:admin_required or (role:reader and system_scope:all) or rule:service_role or "
     "rule:token_subject",
     kEveryScope, "GET /v3/auth/tokens"},
    {"identity:revoke_token", "rule:admin_required or rule:token_subject", kEveryScope,
     "DELETE /v3/auth/tokens"},
    {"identity:create_trust", "user_id:%(target.trust.trustor_user_id)s", kProject,
     "POST /v3/OS-TRUST/trusts"},
    {"identity:list_trusts", kAdminOrSystemReader, kSystem | kProject, "GET /v3/OS-TRUST/trusts"},
    {"identity:list_trusts_for_trustor",
     "(rule:admin_required) or (role:reader and system_scope:all or "
     "user_id:%(target.trust.trustor_user_id)s)",
     kSystem | kProject, "GET /v3/OS-TRUST/trusts"},
    {"identity:list_trusts_for_trustee",
     "(rule:admin_required) or (role:reader and system_scope:all or "
     "user_id:%(target.trust.trustee_user_id)s)",
     kSystem | kProject, "GET /v3/OS-TRUST/trusts"},
    {"identity:list_roles_for_trust", kTrustParty, kSystem | kProject,
     "GET /v3/OS-TRUST/trusts/{trust_id}/roles"},
    {"identity:get_role_for_trust", kTrustParty, kSystem | kProject,
     "GET /v3/OS-TRUST/trusts/{trust_id}/roles/{role_id}"},
    {"identity:delete_trust", "rule:admin_required or user_id:%(target.trust.trustor_user_id)s",
     kSystem | kProject, "DELETE /v3/OS-TRUST/trusts/{trust_id}"},
    {"identity:get_trust", kTrustParty, kSystem | kProject, "GET /v3/OS-TRUST/trusts/{trust_id}"},
    {"identity:get_user",
     "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and "
     "token.domain.id:%(target.user.domain_id)s) or user_id:%(target.user.id)s",
     kEveryScope, "GET /v3/users/{id}"},
    {"identity:list_users", kDomainReader, kEveryScope, "GET /v3/users"},
    {"identity:list_projects_for_user", ""},
    {"identity:list_domains_for_user", ""},
    {"identity:create_user", kUserManager, kEveryScope, "POST /v3/users"},
    {"identity:update_user", kUserManager, kEveryScope, "PATCH /v3/users/{id}"},
    {"identity:delete_user", kUserManager, kEveryScope, "DELETE /v3/users/{id}"},
};

}  // namespace

constinit const std::span<const access::PolicyDefault> kPolicies(kTable);

}  // namespace haneul::keystone
