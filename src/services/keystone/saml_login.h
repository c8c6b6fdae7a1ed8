#pragma once
#include <string>

#include "resource/service.h"
#include "services/keystone/logic/mapping.h"

namespace haneul::keystone {

struct State;
class SamlProvider;
class Tokens;

// This cloud as a SAML service provider, at the paths of Apache's mod_auth_mellon:
// …/protocols/{protocol_id}/auth/mellon/metadata, postResponse and paosResponse.
void add_saml_login(resource::Service& service, State& state, Tokens& tokens);

// To the provider: a browser is sent there, other clients get what to take there. `origin` is the
// dashboard that is to get the token; empty: the client comes back for it.
http::Response begin_saml_login(const resource::Call& call, const State& state,
                                SamlProvider& provider, const std::string& idp,
                                const std::string& protocol, const std::string& origin);

// What the provider said of this client, whose answer it brought here just before: good for one
// token. Empty if it did not.
Assertion take_saml_session(const resource::Call& call, const std::string& idp,
                            const std::string& protocol);

}  // namespace haneul::keystone
