#pragma once
#include <string>

#include "resource/service.h"
#include "services/keystone/logic/mapping.h"

namespace haneul::keystone {

struct State;
class Tokens;

// Logging in through identity providers: …/protocols/{protocol_id}/auth, and web single sign-on.
// upstream: openstack/keystone:keystone/api/os_federation.py, keystone/api/auth.py
void add_federation(resource::Service& service, State& state, Tokens& tokens);

// An unscoped token for whom the provider speaks of.
http::Response enter(resource::Call& call, State& state, Tokens& tokens, const std::string& idp,
                     const std::string& protocol, const Assertion& assertion);
// The page that takes the token that was issued to the dashboard.
http::Response hand_over(const std::string& origin, const http::Response& issued);

}  // namespace haneul::keystone
