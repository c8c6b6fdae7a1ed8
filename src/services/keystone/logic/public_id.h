#pragma once
#include <string>
#include <string_view>

namespace haneul::keystone {

// The id by which the world knows a user or group ("user", "group") of a domain's directory: the
// same wherever and whenever it is made.
// upstream: openstack/keystone:keystone/identity/id_generators/sha256.py
std::string public_id(std::string_view domain_id, std::string_view entity_type,
                      std::string_view local_id);

}  // namespace haneul::keystone
