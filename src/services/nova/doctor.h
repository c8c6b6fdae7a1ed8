#pragma once
#include <string>
#include <vector>

#include "services/nova/cloud.h"

namespace haneul::nova {

// What differs between rows and what hosts report, one sentence each: guests, files and taps that
// no row knows, rows whose guest is absent, allocations and quota that do not fit the rows.
// Servers that something is being done to are left out. Calls drivers.
std::vector<std::string> find_differences(Cloud& cloud);

}  // namespace haneul::nova
