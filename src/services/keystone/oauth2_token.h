#pragma once
#include "resource/service.h"

namespace haneul::keystone {

struct State;
class Tokens;

// /v3/OS-OAUTH2/token: a token by the client credentials grant of OAuth 2.0, the client being an
// application credential, or a user with a certificate of TLS.
void add_oauth2_token(resource::Service& service, State& state, Tokens& tokens);

}  // namespace haneul::keystone
