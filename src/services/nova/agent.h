#pragma once
#include <string>

#include "services/nova/cloud.h"

namespace haneul::nova {

// A host's agent connected or went away: what the rows say of the host follows, its guests are
// compared, and flows that waited for the host go on. On a thread of the bus; takes as long as the
// agent's answers.
void meet_agent(Cloud& cloud, const std::string& host);

}  // namespace haneul::nova
