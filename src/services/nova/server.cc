#include "services/nova/server.h"

#include <fmt/format.h>

#include "resource/resource.h"

namespace haneul::nova {
namespace {

using resource::field;

constexpr auto kFields = resource::fields(
    field<&Server::id>("id").sort_key().filter("uuid"), field<&Server::number>("number"),
    field<&Server::project_id>("project_id").sort_key().filter(),
    field<&Server::user_id>("user_id").sort_key().filter(),
    field<&Server::name>("name").stored_as("name").sort_key(),
    field<&Server::description>("description"), field<&Server::hostname>("hostname").sort_key(),
    field<&Server::vm_state>("vm_state").sort_key(),
    field<&Server::task_state>("task_state").sort_key().filter(),
    field<&Server::power_state>("power_state").sort_key().filter(),
    field<&Server::image_id>("image_ref").stored_as("image_id").sort_key().filter("image"),
    field<&Server::flavor_id>("flavor_id").filter("flavor"), field<&Server::flavor>("flavor"),
    field<&Server::vcpus>("vcpus"), field<&Server::ram>("ram"), field<&Server::disk>("disk"),
    field<&Server::key_name>("key_name").sort_key().filter(), field<&Server::key_data>("key_data"),
    field<&Server::host>("host").sort_key().filter(),
    field<&Server::availability_zone>("availability_zone").sort_key().filter(),
    field<&Server::pinned_availability_zone>("pinned_availability_zone"),
    field<&Server::metadata>("metadata"), field<&Server::tags>("tags"),
    field<&Server::security_groups>("security_groups"), field<&Server::addresses>("addresses"),
    field<&Server::image_properties>("image_properties"),
    field<&Server::scheduler_hints>("scheduler_hints"),
    field<&Server::config_drive>("config_drive").sort_key().filter(),
    field<&Server::user_data>("user_data"), field<&Server::admin_pass>("admin_pass"),
    field<&Server::access_ip_v4>("access_ip_v4").sort_key().filter(),
    field<&Server::access_ip_v6>("access_ip_v6").sort_key().filter(),
    field<&Server::disk_config>("auto_disk_config").stored_as("disk_config").sort_key(),
    field<&Server::locked>("locked").sort_key(), field<&Server::locked_reason>("locked_reason"),
    field<&Server::fault>("fault"), field<&Server::reservation_id>("reservation_id").filter(),
    field<&Server::launch_index>("launch_index").sort_key().filter(),
    field<&Server::created_at>("created_at").sort_key(),
    field<&Server::updated_at>("updated_at").sort_key(),
    field<&Server::launched_at>("launched_at").sort_key(),
    field<&Server::terminated_at>("terminated_at").sort_key());
static_assert(resource::complete<Server>(kFields));

struct Mapping {
  std::string_view vm_state, task_state, status;  // an empty task state: the default
};

constexpr Mapping kMappings[] = {
    {vm::kActive, "", "ACTIVE"},
    {vm::kActive, task::kRebooting, "REBOOT"},
    {vm::kActive, "reboot_pending", "REBOOT"},
    {vm::kActive, "reboot_started", "REBOOT"},
    {vm::kActive, task::kRebootingHard, "HARD_REBOOT"},
    {vm::kActive, "reboot_pending_hard", "HARD_REBOOT"},
    {vm::kActive, "reboot_started_hard", "HARD_REBOOT"},
    {vm::kActive, task::kRebuilding, "REBUILD"},
    {vm::kActive, "rebuild_block_device_mapping", "REBUILD"},
    {vm::kActive, "rebuild_spawning", "REBUILD"},
    {vm::kActive, "updating_password", "PASSWORD"},
    {vm::kBuilding, "", "BUILD"},
    {vm::kStopped, "", "SHUTOFF"},
    {vm::kStopped, task::kRebuilding, "REBUILD"},
    {vm::kPaused, "", "PAUSED"},
    {vm::kSuspended, "", "SUSPENDED"},
    {vm::kError, "", "ERROR"},
    {vm::kError, task::kRebuilding, "REBUILD"},
    {vm::kDeleted, "", "DELETED"},
    {"soft-delete", "", "SOFT_DELETED"},
    {"resized", "", "VERIFY_RESIZE"},
    {"rescued", "", "RESCUE"},
    {"shelved", "", "SHELVED"},
    {"shelved_offloaded", "", "SHELVED_OFFLOADED"},
};

}  // namespace

const resource::Resource kServer{.singular = "server",
                                 .plural = "servers",
                                 .path = "/v2.1/servers",
                                 .default_sort = "created_at",
                                 .fields = kFields};

std::string Server::instance_name() const {
  return fmt::format("instance-{:08x}", number);
}

std::string_view status_of(std::string_view vm_state,
                           const std::optional<std::string>& task_state) {
  std::string_view standard = "UNKNOWN";
  for (const Mapping& m : kMappings) {
    if (m.vm_state != vm_state) continue;
    if (m.task_state.empty()) standard = m.status;
    if (task_state && m.task_state == *task_state) return m.status;
  }
  return standard;
}

std::vector<StateFilter> states_of(std::string_view status) {
  std::vector<StateFilter> found;
  for (const Mapping& m : kMappings) {
    if (m.status == status) found.push_back({m.vm_state, m.task_state});
  }
  return found;
}

std::string subject_of(std::string_view server_id) {
  return fmt::format("server/{}", server_id);
}

}  // namespace haneul::nova
