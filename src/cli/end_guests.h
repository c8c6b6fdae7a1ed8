#pragma once
#include "drivers/virt/driver.h"

namespace haneul::cli {

// Asks all guests of a host to shut down, and takes the power from those that have not within some
// seconds. Blocks.
void end_guests(virt::Driver& virt);
bool any_guest_runs(virt::Driver& virt);

}  // namespace haneul::cli
