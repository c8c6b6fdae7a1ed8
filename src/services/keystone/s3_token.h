#pragma once
#include "resource/service.h"

namespace haneul::keystone {

struct State;
class Tokens;

// POST /v3/s3tokens: who signed a request to an object store. The token itself is not given away.
void add_s3_tokens(resource::Service& service, State& state, Tokens& tokens);

}  // namespace haneul::keystone
