#pragma once
#include <string>

#include "services/nova/cloud.h"

namespace haneul::nova {

// Guests switch themselves off, crash or are switched by somebody at the host; rows follow.
// upstream: openstack/nova:nova/compute/manager.py (_sync_instance_power_state)

// From now on drivers' events change rows and wake flows that wait for them. Once, before work
// begins; for one host whenever its agent connects.
void hear_power_changes(Cloud& cloud);
void hear_power_changes(Cloud& cloud, const std::string& host);
// Compares every guest of the hosts that this process speaks to with its row. A host that does not
// answer is logged and left out.
void compare_power(Cloud& cloud);
void compare_power(Cloud& cloud, const std::string& host);

}  // namespace haneul::nova
