#pragma once
#include "resource/service.h"

namespace haneul::keystone {

struct State;
class Tokens;

// The table of contents: every route, job and migration of Keystone.
resource::Service make_service(State& state, Tokens& tokens);

}  // namespace haneul::keystone
