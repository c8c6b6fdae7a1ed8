#pragma once
#include "resource/service.h"

namespace haneul::keystone {

struct State;
class Tokens;

// POST /v3/ec2tokens: a token for what somebody signed for an EC2 service.
void add_ec2_tokens(resource::Service& service, State& state, Tokens& tokens);

}  // namespace haneul::keystone
