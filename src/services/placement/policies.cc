#include "services/placement/policies.h"

namespace haneul::placement {
namespace {

using access::kProject;

constexpr std::string_view kAdminOrService = "rule:admin_or_service_api";

constexpr access::PolicyDefault kTable[] = {
    {"admin_api", "role:admin", kProject},
    {"service_api", "role:service", kProject},
    {"admin_or_service_api", "role:admin or role:service", kProject},
    {"project_reader_api", "role:reader and project_id:%(project_id)s"},
    {"admin_or_project_reader_or_service_api",
     "role:admin or rule:project_reader_api or role:service", kProject},
    {"placement:resource_providers:list", kAdminOrService, kProject, "GET /resource_providers"},
    {"placement:resource_providers:create", kAdminOrService, kProject, "POST /resource_providers"},
    {"placement:resource_providers:show", kAdminOrService, kProject,
     "GET /resource_providers/{uuid}"},
    {"placement:resource_providers:update", kAdminOrService, kProject,
     "PUT /resource_providers/{uuid}"},
    {"placement:resource_providers:delete", kAdminOrService, kProject,
     "DELETE /resource_providers/{uuid}"},
    {"placement:resource_classes:list", kAdminOrService, kProject, "GET /resource_classes"},
    {"placement:resource_classes:create", kAdminOrService, kProject, "POST /resource_classes"},
    {"placement:resource_classes:show", kAdminOrService, kProject, "GET /resource_classes/{name}"},
    {"placement:resource_classes:update", kAdminOrService, kProject,
     "PUT /resource_classes/{name}"},
    {"placement:resource_classes:delete", kAdminOrService, kProject,
     "DELETE /resource_classes/{name}"},
    {"placement:resource_providers:inventories:list", kAdminOrService, kProject,
     "GET /resource_providers/{uuid}/inventories"},
    {"placement:resource_providers:inventories:create", kAdminOrService, kProject,
     "POST /resource_providers/{uuid}/inventories"},
    {"placement:resource_providers:inventories:show", kAdminOrService, kProject,
     "GET /resource_providers/{uuid}/inventories/{resource_class}"},
    {"placement:resource_providers:inventories:update", kAdminOrService, kProject,
     "PUT /resource_providers/{uuid}/inventories, PUT "
     "/resource_providers/{uuid}/inventories/{resource_class}"},
    {"placement:resource_providers:inventories:delete", kAdminOrService, kProject,
     "DELETE /resource_providers/{uuid}/inventories, DELETE "
     "/resource_providers/{uuid}/inventories/{resource_class}"},
    {"placement:resource_providers:aggregates:list", kAdminOrService, kProject,
     "GET /resource_providers/{uuid}/aggregates"},
    {"placement:resource_providers:aggregates:update", kAdminOrService, kProject,
     "PUT /resource_providers/{uuid}/aggregates"},
    {"placement:resource_providers:usages", kAdminOrService, kProject,
     "GET /resource_providers/{uuid}/usages"},
    {"placement:usages", "rule:admin_or_project_reader_or_service_api", kProject, "GET /usages"},
    {"placement:traits:list", kAdminOrService, kProject, "GET /traits"},
    {"placement:traits:show", kAdminOrService, kProject, "GET /traits/{name}"},
    {"placement:traits:update", kAdminOrService, kProject, "PUT /traits/{name}"},
    {"placement:traits:delete", kAdminOrService, kProject, "DELETE /traits/{name}"},
    {"placement:resource_providers:traits:list", kAdminOrService, kProject,
     "GET /resource_providers/{uuid}/traits"},
    {"placement:resource_providers:traits:update", kAdminOrService, kProject,
     "PUT /resource_providers/{uuid}/traits"},
    {"placement:resource_providers:traits:delete", kAdminOrService, kProject,
     "DELETE /resource_providers/{uuid}/traits"},
    {"placement:allocations:manage", kAdminOrService, kProject, "POST /allocations"},
    {"placement:allocations:list", kAdminOrService, kProject, "GET /allocations/{consumer_uuid}"},
    {"placement:allocations:update", kAdminOrService, kProject, "PUT /allocations/{consumer_uuid}"},
    {"placement:allocations:delete", kAdminOrService, kProject,
     "DELETE /allocations/{consumer_uuid}"},
    {"placement:resource_providers:allocations:list", kAdminOrService, kProject,
     "GET /resource_providers/{uuid}/allocations"},
    {"placement:allocation_candidates:list", kAdminOrService, kProject,
     "GET /allocation_candidates"},
    {"placement:reshaper:reshape", "rule:service_api", kProject, "POST /reshaper"},
};

}  // namespace

constinit const std::span<const access::PolicyDefault> kPolicies(kTable);

}  // namespace haneul::placement
