#pragma once
#include "resource/service.h"

namespace haneul::keystone {

struct State;

// GET /v3/role_assignments: direct ones, or what they amount to.
void add_role_assignments(resource::Service& service, State& state);

}  // namespace haneul::keystone
