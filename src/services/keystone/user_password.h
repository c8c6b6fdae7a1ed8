#pragma once
#include <string>

#include "resource/service.h"

namespace haneul::keystone {

struct State;

// Takes a quarter of a second at the default cost: never inside a transaction. Ends the request
// for passwords that are too long.
std::string new_password_hash(const State& state, const std::string& password);

// POST /v3/users/{user_id}/password: a user's own change, with the old password instead of a token.
void add_user_passwords(resource::Service& service, State& state);

}  // namespace haneul::keystone
