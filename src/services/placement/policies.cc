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
    {"placement:resource_providers:list", kAdminOrService, kProject},
    {"placement:resource_providers:create", kAdminOrService, kProject},
    {"placement:resource_providers:show", kAdminOrService, kProject},
    {"placement:resource_providers:update", kAdminOrService, kProject},
    {"placement:resource_providers:delete", kAdminOrService, kProject},
    {"placement:resource_classes:list", kAdminOrService, kProject},
    {"placement:resource_classes:create", kAdminOrService, kProject},
    {"placement:resource_classes:show", kAdminOrService, kProject},
    {"placement:resource_classes:update", kAdminOrService, kProject},
    {"placement:resource_classes:delete", kAdminOrService, kProject},
    {"placement:resource_providers:inventories:list", kAdminOrService, kProject},
    {"placement:resource_providers:inventories:create", kAdminOrService, kProject},
    {"placement:resource_providers:inventories:show", kAdminOrService, kProject},
    {"placement:resource_providers:inventories:update", kAdminOrService, kProject},
    {"placement:resource_providers:inventories:delete", kAdminOrService, kProject},
    {"placement:resource_providers:aggregates:list", kAdminOrService, kProject},
    {"placement:resource_providers:aggregates:update", kAdminOrService, kProject},
    {"placement:resource_providers:usages", kAdminOrService, kProject},
    {"placement:usages", "rule:admin_or_project_reader_or_service_api", kProject},
    {"placement:traits:list", kAdminOrService, kProject},
    {"placement:traits:show", kAdminOrService, kProject},
    {"placement:traits:update", kAdminOrService, kProject},
    {"placement:traits:delete", kAdminOrService, kProject},
    {"placement:resource_providers:traits:list", kAdminOrService, kProject},
    {"placement:resource_providers:traits:update", kAdminOrService, kProject},
    {"placement:resource_providers:traits:delete", kAdminOrService, kProject},
    {"placement:allocations:manage", kAdminOrService, kProject},
    {"placement:allocations:list", kAdminOrService, kProject},
    {"placement:allocations:update", kAdminOrService, kProject},
    {"placement:allocations:delete", kAdminOrService, kProject},
    {"placement:resource_providers:allocations:list", kAdminOrService, kProject},
    {"placement:allocation_candidates:list", kAdminOrService, kProject},
    {"placement:reshaper:reshape", "rule:service_api", kProject},
};

}  // namespace

constinit const std::span<const access::PolicyDefault> kPolicies(kTable);

}  // namespace haneul::placement
