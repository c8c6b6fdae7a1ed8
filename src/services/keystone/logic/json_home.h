#pragma once
#include <span>
#include <string>
#include <string_view>

namespace haneul::keystone {

// A link of JSON home: its relation and its path, both relative to upstream's.
struct JsonHomeEntry {
  std::string_view relation, path;  // "rel/user", "/users/{user_id}"
  bool experimental = false;
};
// upstream: openstack/keystone:keystone/api (every resource's json_home)
extern const std::span<const JsonHomeEntry> kJsonHome;

// Whether a client that says Accept: `header` would rather have JSON home than JSON.
bool prefers_json_home(std::string_view header);
// Where the parameter of a path is explained.
std::string json_home_param(std::string_view relation, std::string_view name);

inline constexpr std::string_view kJsonHomeBase =
    "https://docs.openstack.org/api/openstack-identity/3/";

}  // namespace haneul::keystone
