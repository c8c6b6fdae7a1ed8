#pragma once
#include "resource/service.h"

namespace haneul::keystone {

struct State;
class Tokens;

// This cloud as an identity provider for others: assertions about who has a token here.
// upstream: openstack/keystone:keystone/api/auth.py, keystone/api/_shared/saml.py
void add_saml(resource::Service& service, State& state, Tokens& tokens);

}  // namespace haneul::keystone
