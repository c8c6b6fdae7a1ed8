#include "services/placement/policies.h"

namespace haneul::placement {
namespace {

constexpr std::string_view kAdminOrService = "rule:admin_or_service_api";

constexpr access::PolicyDefault kTable[] = {
    {"admin_api", "role:admin"},
    {"service_api", "role:service"},
    {"admin_or_service_api", "role:admin or role:service"},
    {"project_reader_api", "role:reader and project_id:%(project_id)s"},
    {"admin_or_project_reader_or_service_api",
     "role:admin or role:service or rule:project_reader_api"},
    {"placement:resource_providers:list", kAdminOrService, access::kProject},
    {"placement:resource_providers:create", kAdminOrService, access::kProject},
    {"placement:resource_providers:show", kAdminOrService, access::kProject},
    {"placement:resource_providers:update", kAdminOrService, access::kProject},
    {"placement:resource_providers:delete", kAdminOrService, access::kProject},
    {"placement:resource_classes:list", kAdminOrService, access::kProject},
    {"placement:resource_classes:create", kAdminOrService, access::kProject},
    {"placement:resource_classes:show", kAdminOrService, access::kProject},
    {"placement:resource_classes:update", kAdminOrService, access::kProject},
    {"placement:resource_classes:delete", kAdminOrService, access::kProject},
    {"placement:resource_providers:inventories:list", kAdminOrService, access::kProject},
    {"placement:resource_providers:inventories:create", kAdminOrService, access::kProject},
    {"placement:resource_providers:inventories:show", kAdminOrService, access::kProject},
    {"placement:resource_providers:inventories:update", kAdminOrService, access::kProject},
    {"placement:resource_providers:inventories:delete", kAdminOrService, access::kProject},
    {"placement:resource_providers:aggregates:list", kAdminOrService, access::kProject},
    {"placement:resource_providers:aggregates:update", kAdminOrService, access::kProject},
    {"placement:resource_providers:usages", kAdminOrService, access::kProject},
    {"placement:traits:list", kAdminOrService, access::kProject},
    {"placement:traits:show", kAdminOrService, access::kProject},
    {"placement:traits:update", kAdminOrService, access::kProject},
    {"placement:traits:delete", kAdminOrService, access::kProject},
    {"placement:resource_providers:traits:list", kAdminOrService, access::kProject},
    {"placement:resource_providers:traits:update", kAdminOrService, access::kProject},
    {"placement:resource_providers:traits:delete", kAdminOrService, access::kProject},
    {"placement:allocations:manage", kAdminOrService, access::kProject},
    {"placement:allocations:list", kAdminOrService, access::kProject},
    {"placement:allocations:update", kAdminOrService, access::kProject},
    {"placement:allocations:delete", kAdminOrService, access::kProject},
    {"placement:resource_providers:allocations:list", kAdminOrService, access::kProject},
    {"placement:allocation_candidates:list", kAdminOrService, access::kProject},
    {"placement:reshaper:reshape", kAdminOrService, access::kProject},
    {"placement:usages", "rule:admin_or_project_reader_or_service_api", access::kProject},
};

}  // namespace

std::span<const access::PolicyDefault> policies() {
  return kTable;
}

}  // namespace haneul::placement
