#pragma once
#include "resource/service.h"

namespace haneul::keystone {

struct State;

// Which role means which other roles: /v3/roles/{id}/implies and /v3/role_inferences.
void add_implied_roles(resource::Service& service, State& state);

}  // namespace haneul::keystone
