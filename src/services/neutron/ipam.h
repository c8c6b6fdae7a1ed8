#pragma once
#include <optional>
#include <string_view>

#include "db/database.h"
#include "services/neutron/logic/ip.h"
#include "services/neutron/subnet.h"

namespace haneul::neutron {

// Which addresses of a subnet are whose. Giving out an address costs the same in a full /8 as in
// an empty /28: a cursor walks the pools once, and what comes free behind it waits in a table of
// gaps until the cursor has reached the end, so that an address is not reused at once.

// A free address of the pools; nothing if there is none.
std::optional<Address> allocate_address(db::Transaction& tx, const Subnet& subnet,
                                        std::string_view port_id);
// This address, which need not be in a pool; false if it is taken.
bool take_address(db::Transaction& tx, const Subnet& subnet, const Address& address,
                  std::string_view port_id);
void release_address(db::Transaction& tx, std::string_view subnet_id, const Address& address);
void release_addresses_of(db::Transaction& tx, std::string_view port_id);
// The subnet is new or its pools have changed: look from the start again.
void reset_cursor(db::Transaction& tx, const Subnet& subnet);
void forget_subnet(db::Transaction& tx, std::string_view subnet_id);

}  // namespace haneul::neutron
