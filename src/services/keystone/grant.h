#pragma once
#include "resource/service.h"

namespace haneul::keystone {

struct State;

// Roles given to users and groups on projects, domains and the system, inherited ones too:
// /v3/projects/{id}/users/{id}/roles/{id} and its like.
void add_grants(resource::Service& service, State& state);

}  // namespace haneul::keystone
