#pragma once
#include <string>
#include <vector>

#include "resource/service.h"

namespace haneul::keystone {

struct AuthContext;
struct AuthRequest;
struct Identity;
struct State;
struct TokenPayload;
class Tokens;

// /v3/auth: tokens, and what a user could scope one to.
void add_auth(resource::Service& service, State& state, Tokens& tokens);

// POST /v3/auth/tokens. Passwords are compared outside of any transaction and lock.
http::Response issue_token(resource::Call& call, State& state, Tokens& tokens);
// 201 with the token of whoever the request proves to be.
http::Response issue_for(const AuthContext& context, const AuthRequest& request);
// 201 with the token of somebody who has proved who it is, for what `scoped` names.
http::Response issue_to(const AuthContext& context, const Identity& who,
                        const TokenPayload& scoped);
// GET, HEAD and DELETE /v3/auth/tokens.
http::Response show_token(resource::Call& call, Tokens& tokens, const State& state);
http::Response revoke_token(resource::Call& call, Tokens& tokens, State& state);

// Projects in which a user has a role: own, through groups or inherited. `more_groups` are those
// that only the user's token speaks of.
resource::Where projects_of_user(const std::string& user_id,
                                 const std::vector<std::string>& more_groups = {});

}  // namespace haneul::keystone
