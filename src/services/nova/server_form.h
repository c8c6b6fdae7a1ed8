#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "resource/call.h"

namespace haneul::nova {

struct NetworkWish {
  std::string network_id, port_id, fixed_ip;  // one of the first two, or none with fixed_ip
};

// What POST /servers and the rebuild action ask for, checked but not yet looked up.
struct ServerForm {
  std::string name;
  std::string image_id;  // empty: none given
  std::string flavor_id;
  std::optional<std::string> description, key_name, admin_pass, user_data, hostname;
  std::optional<std::string> availability_zone, host;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<std::string> tags, security_groups;
  std::vector<NetworkWish> networks;
  enum class Networking { listed, automatic, none } networking = Networking::automatic;
  bool networking_given = false;
  std::optional<std::string> access_ip_v4, access_ip_v6;
  std::string disk_config = "MANUAL";
  bool config_drive = false;
  bool return_reservation_id = false;
  std::int64_t min_count = 1, max_count = 1;
  json::Object hints;
};

// Throws Nova's own errors; unknown keys are refused.
// upstream: openstack/nova:nova/api/openstack/compute/schemas/servers.py
ServerForm read_server_form(resource::Call& call);

// Parts that rebuild and update read in the same way.
std::string read_name(resource::Form& form, std::string_view key);
std::optional<std::string> read_user_data(resource::Form& form);
std::optional<std::string> read_address(resource::Form& form, std::string_view key, int version);
std::vector<std::string> read_tags(resource::Form& form);
std::optional<std::string> read_disk_config(resource::Form& form);
std::optional<std::string> read_hostname(resource::Form& form, const resource::Call& call);
std::optional<std::string> read_admin_pass(resource::Form& form);

// A host name that DNS would take, made of a display name; "server-<id>" if nothing is left.
// upstream: openstack/nova:nova/utils.py (sanitize_hostname)
std::string hostname_of(std::string_view name, std::string_view id);

}  // namespace haneul::nova
