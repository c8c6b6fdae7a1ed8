#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "resource/table.h"

namespace haneul::nova {

// What the guest is, and what is being done to it; together they make the status.
// upstream: openstack/nova:nova/compute/vm_states.py, task_states.py
namespace vm {
inline constexpr std::string_view kBuilding = "building", kActive = "active", kStopped = "stopped",
                                  kPaused = "paused", kError = "error", kDeleted = "deleted",
                                  kSuspended = "suspended";
}
namespace task {
inline constexpr std::string_view kScheduling = "scheduling", kSpawning = "spawning",
                                  kDeleting = "deleting", kPoweringOff = "powering-off",
                                  kPoweringOn = "powering-on", kRebooting = "rebooting",
                                  kRebootingHard = "rebooting_hard", kRebuilding = "rebuilding",
                                  kPausing = "pausing", kUnpausing = "unpausing";
}

// A guest. Compound values are kept as the JSON text that answers carry, so that a list of a
// thousand writes them through without reading them.
struct Server {
  std::string id;
  std::int64_t number = 0;  // "instance-0000002a" is number 42
  std::string project_id, user_id;
  std::string name;
  std::optional<std::string> description;
  std::string hostname;
  std::string vm_state = std::string(vm::kBuilding);
  std::optional<std::string> task_state;
  std::int64_t power_state = 0;
  std::string image_id;  // empty: none (boot from volume)
  std::string flavor_id;
  std::string flavor = "{}";                  // as microversion 2.47 embeds it
  std::int64_t vcpus = 0, ram = 0, disk = 0;  // MiB, GiB; of the flavor
  std::optional<std::string> key_name, key_data;
  std::optional<std::string> host;
  std::optional<std::string> availability_zone, pinned_availability_zone;
  std::string metadata = "{}";  // object of texts
  std::string tags = "[]";
  std::string security_groups = "[]";  // [{"name": …}]
  std::string addresses = "{}";        // as answers show it
  std::string image_properties = "{}";
  std::string scheduler_hints = "{}";
  bool config_drive = false;
  std::optional<std::string> user_data;   // base64, as given
  std::optional<std::string> admin_pass;  // for the config drive and metadata; not shown
  std::string access_ip_v4, access_ip_v6;
  std::string disk_config = "MANUAL";
  bool locked = false;
  std::optional<std::string> locked_reason;
  std::optional<std::string> fault;  // {"code", "created", "message", "details"?}
  std::string reservation_id;
  std::int64_t launch_index = 0;
  Instant created_at, updated_at;
  std::optional<Instant> launched_at, terminated_at;

  std::string instance_name() const;  // "instance-0000002a"
  bool deleting() const { return task_state && *task_state == task::kDeleting; }
};

extern const resource::Resource kServer;
using ServerStore = resource::Store<Server>;

// ACTIVE, BUILD, SHUTOFF, … as clients see it.
// upstream: openstack/nova:nova/api/openstack/common.py (_STATE_MAP)
std::string_view status_of(std::string_view vm_state, const std::optional<std::string>& task_state);
// The vm_states (and task states, where they matter) that a status filter stands for; empty for a
// status nobody has.
struct StateFilter {
  std::string_view vm_state;
  std::string_view task_state;  // empty: any that does not map elsewhere
};
std::vector<StateFilter> states_of(std::string_view status);

// Subject of a server's flows.
std::string subject_of(std::string_view server_id);

}  // namespace haneul::nova
