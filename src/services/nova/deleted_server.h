#pragma once
#include "services/nova/cloud.h"

namespace haneul::nova {

// Servers that are gone are kept for a while, without keys, user data and password: administrators
// list them (deleted=true, status=DELETED), and everybody hears of them by changes-since. Nothing
// else sees them.

// The server's row goes, and is one of these.
void bury(db::Transaction& tx, const Cloud& cloud, Server server);
// Those go that have been here longer than `kept`, and the oldest of more than 100,000.
void forget_deleted(const Cloud& cloud, Duration kept);

// Where a list looks.
const ServerStore& deleted_servers();
const ServerStore& servers_of_all_times();

}  // namespace haneul::nova
