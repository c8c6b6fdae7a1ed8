#pragma once
#include <string>
#include <vector>

#include "access/fwd.h"
#include "base/clock.h"

namespace haneul::access {

// What a token is scoped to. Policies see an unscoped token as a project's, as upstream does.
enum class Scope { unscoped, project, domain, system };

// Who calls, as the token said when it was checked. A plain value: made once per request, read by
// policies, stores and events. Text that does not apply is empty and shows as None in rules.
struct Caller {
  UserId user_id;
  std::string user_name;
  DomainId user_domain_id;
  std::string user_domain_name;

  ProjectId project_id;  // project scope
  std::string project_name;
  DomainId project_domain_id;
  std::string project_domain_name;

  DomainId domain_id;  // domain scope
  std::string domain_name;

  std::string system_scope;  // "all", or empty

  std::vector<std::string> roles;  // names, effective ones with those implied
  std::vector<RoleId> role_ids;    // same order

  TrustId trust_id;
  AppCredId app_cred_id;
  bool app_cred_restricted = false;  // may not make credentials or trusts
  bool is_admin_project = true;      // upstream's default where no admin project is configured
  // The program acting for itself; also what a service's own `context_is_admin` rule concluded.
  bool is_admin = false;

  // The X-Service-Token beside the user's, if one came.
  UserId service_user_id;
  DomainId service_user_domain_id;
  ProjectId service_project_id;
  DomainId service_project_domain_id;
  std::vector<std::string> service_roles;

  Instant issued_at, expires_at;
  std::vector<std::string> audit_ids;  // own id, then the chain's first if it differs
  std::vector<std::string> methods;
  std::string request_id;

  Scope scope() const {
    if (!system_scope.empty()) return Scope::system;
    if (!domain_id.empty()) return Scope::domain;
    return project_id.empty() ? Scope::unscoped : Scope::project;
  }
};

}  // namespace haneul::access
