#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "drivers/net/driver.h"

namespace haneul::net {

// "tap" and the first 11 characters of the port's id, as Nova names it.
// upstream: openstack/nova:nova/network/model.py (VIF.__init__, NIC_NAME_LEN)
std::string tap_name(std::string_view port_id);

// network, port, router, security_group
std::string_view kind_name(Kind kind);
std::optional<Kind> parse_kind(std::string_view name);

}  // namespace haneul::net
