#include "services/glance/policies.h"

namespace haneul::glance {
namespace {

using access::kProject;

constexpr std::string_view kAdmin = "rule:context_is_admin";
constexpr std::string_view kMetadefAdmin = "rule:metadef_admin";
constexpr std::string_view kMember =
    "rule:context_is_admin or (role:member and project_id:%(project_id)s)";
constexpr std::string_view kReader =
    "rule:context_is_admin or (role:reader and project_id:%(project_id)s)";
constexpr std::string_view kReaderOrPublic =
    "rule:context_is_admin or (role:reader and (project_id:%(project_id)s or "
    "'public':%(visibility)s))";
constexpr std::string_view kDownload =
    "rule:context_is_admin or (role:member and (project_id:%(project_id)s or "
    "project_id:%(member_id)s or 'community':%(visibility)s or 'public':%(visibility)s or "
    "'shared':%(visibility)s))";
constexpr std::string_view kMemberReader =
    "rule:context_is_admin or role:reader and (project_id:%(project_id)s or "
    "project_id:%(member_id)s)";

constexpr access::PolicyDefault kTable[] = {
    {"default", ""},
    {"context_is_admin", "role:admin"},
    {"service_api", "role:service or role:admin"},
    {"add_image",
     "rule:context_is_admin or (role:member and project_id:%(project_id)s and "
     "project_id:%(owner)s)",
     kProject, "POST /v2/images"},
    {"delete_image", kMember, kProject, "DELETE /v2/images/{image_id}"},
    {"get_image",
     "rule:context_is_admin or (role:reader and (project_id:%(project_id)s or "
     "project_id:%(member_id)s or 'community':%(visibility)s or 'public':%(visibility)s or "
     "'shared':%(visibility)s))",
     kProject, "GET /v2/images/{image_id}, GET /v2/images/{image_id}/tasks"},
    {"get_images", kReader, kProject, "GET /v2/images"},
    {"modify_image", kMember, kProject,
     "PATCH /v2/images/{image_id}, POST /v2/images/{image_id}/import, PUT "
     "/v2/images/{image_id}/tags/{tag}, DELETE /v2/images/{image_id}/tags/{tag}"},
    {"publicize_image", kAdmin, kProject},
    {"communitize_image", kMember, kProject},
    {"download_image", kDownload, kProject, "GET /v2/images/{image_id}/file"},
    {"download_from_store", kDownload, kProject},
    {"upload_image", kMember, kProject,
     "PUT /v2/images/{image_id}/file, PUT /v2/images/{image_id}/stage"},
    {"delete_image_location", kAdmin, kProject},
    {"get_image_location", kReader, kProject},
    {"add_image_location",
     "rule:service_api or (role:member and project_id:%(project_id)s and project_id:%(owner)s)",
     kProject},
    {"fetch_image_location", "rule:service_api", kProject},
    {"set_image_location", kMember, kProject},
    {"add_member", kMember, kProject, "POST /v2/images/{image_id}/members"},
    {"delete_member", kMember, kProject, "DELETE /v2/images/{image_id}/members/{member_id}"},
    {"get_member", kMemberReader, kProject, "GET /v2/images/{image_id}/members/{member_id}"},
    {"get_members", kMemberReader, kProject, "GET /v2/images/{image_id}/members"},
    {"modify_member", "rule:context_is_admin or (role:member and project_id:%(member_id)s)",
     kProject, "PUT /v2/images/{image_id}/members/{member_id}"},
    {"manage_image_cache", kAdmin, kProject},
    {"deactivate", kMember, kProject, "POST /v2/images/{image_id}/actions/deactivate"},
    {"reactivate", kMember, kProject, "POST /v2/images/{image_id}/actions/reactivate"},
    {"copy_image", kAdmin, kProject},
    {"get_task", "rule:default", kProject},
    {"get_tasks", "rule:default", kProject},
    {"add_task", "rule:default", kProject},
    {"modify_task", "rule:default", kProject},
    {"tasks_api_access", kAdmin, kProject, "GET /v2/tasks, GET /v2/tasks/{task_id}"},
    {"metadef_default", ""},
    {"metadef_admin", kAdmin},
    {"get_metadef_namespace", kReaderOrPublic, kProject},
    {"get_metadef_namespaces", kReader, kProject},
    {"modify_metadef_namespace", kMetadefAdmin, kProject},
    {"add_metadef_namespace", kMetadefAdmin, kProject},
    {"delete_metadef_namespace", kMetadefAdmin, kProject},
    {"get_metadef_object", kReaderOrPublic, kProject},
    {"get_metadef_objects", kReaderOrPublic, kProject},
    {"modify_metadef_object", kMetadefAdmin, kProject},
    {"add_metadef_object", kMetadefAdmin, kProject},
    {"delete_metadef_object", kMetadefAdmin, kProject},
    {"list_metadef_resource_types", kReaderOrPublic, kProject},
    {"get_metadef_resource_type", kReaderOrPublic, kProject},
    {"add_metadef_resource_type_association", kMetadefAdmin, kProject},
    {"remove_metadef_resource_type_association", kMetadefAdmin, kProject},
    {"get_metadef_property", kReaderOrPublic, kProject},
    {"get_metadef_properties", kReaderOrPublic, kProject},
    {"modify_metadef_property", kMetadefAdmin, kProject},
    {"add_metadef_property", kMetadefAdmin, kProject},
    {"remove_metadef_property", kMetadefAdmin, kProject},
    {"get_metadef_tag", kReaderOrPublic, kProject},
    {"get_metadef_tags", kReaderOrPublic, kProject},
    {"modify_metadef_tag", kMetadefAdmin, kProject},
    {"add_metadef_tag", kMetadefAdmin, kProject},
    {"add_metadef_tags", kMetadefAdmin, kProject},
    {"delete_metadef_tag", kMetadefAdmin, kProject},
    {"delete_metadef_tags", kMetadefAdmin, kProject},
    {"cache_image", kAdmin, kProject},
    {"cache_list", kAdmin, kProject},
    {"cache_delete", kAdmin, kProject},
    {"stores_info_detail", "rule:context_is_admin or rule:service_api", kProject,
     "GET /v2/info/stores/detail"},
    {"list_cached_nodes", kAdmin, kProject},
    {"cache_clean", kAdmin, kProject},
    {"cache_prune", kAdmin, kProject},
};

}  // namespace

constinit const std::span<const access::PolicyDefault> kPolicies(kTable);

}  // namespace haneul::glance
