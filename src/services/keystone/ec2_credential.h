#pragma once
#include "resource/service.h"

namespace haneul::keystone {

struct State;

// /v3/users/{user_id}/credentials/OS-EC2: the user's credentials of type ec2 under their access
// keys.
void add_ec2_credentials(resource::Service& service, State& state);

}  // namespace haneul::keystone
