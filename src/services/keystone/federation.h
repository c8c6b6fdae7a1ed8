#pragma once
#include "resource/service.h"

namespace haneul::keystone {

struct State;
class Tokens;

// Logging in through identity providers: …/protocols/{protocol_id}/auth, and web single sign-on.
// upstream: openstack/keystone:keystone/api/os_federation.py, keystone/api/auth.py
void add_federation(resource::Service& service, State& state, Tokens& tokens);

}  // namespace haneul::keystone
