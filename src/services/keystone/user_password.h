#pragma once
#include <optional>
#include <string>

#include "db/database.h"
#include "resource/service.h"

namespace haneul::keystone {

struct State;
struct User;

// Takes a quarter of a second at the default cost: never inside a transaction. Ends the request
// for passwords that are too long.
std::string new_password_hash(const State& state, const std::string& password);

// Ends the request for a password that is not what the rules of the cloud ask for; nothing is none.
// upstream: openstack/keystone:keystone/common/validation/validators.py
void validate_password(const State& state, const std::optional<std::string>& password);

// Who gives a user a password, and when: first with the user itself, or later.
enum class PasswordGiver { creator, admin, user };
// Puts the hash (nothing: no password) into the row, which the caller stores; the one before joins
// the former ones.
void set_password(const State& state, db::Transaction& tx, User& user,
                  std::optional<std::string> hash, PasswordGiver giver);

// POST /v3/users/{user_id}/password: a user's own change, with the old password instead of a token.
void add_user_passwords(resource::Service& service, State& state);

}  // namespace haneul::keystone
