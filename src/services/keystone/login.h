#pragma once
#include <optional>
#include <string>

#include "db/database.h"
#include "services/keystone/user.h"

namespace haneul::keystone {

struct State;

// upstream: openstack/keystone:keystone/identity/backends/sql.py, sql_model.py

// Enabled, and not away for too long.
bool is_enabled(const State& state, const User& user);
bool password_is_expired(const State& state, const User& user);

// Ends the request unless this is the user's password and the account is not locked. Nobody's, a
// locked account's and a wrong password take the same time and get the same answer; a wrong one is
// counted. Takes a quarter of a second at the default cost: never inside a transaction.
void check_password(const State& state, const std::optional<User>& user,
                    const std::string& password);
// The user has logged in with a password: failures are forgotten, the day is kept. Ends the request
// if others have locked the account meanwhile.
void note_login(const State& state, const User& user);

// Unlocks the account.
void forget_failures(db::Transaction& tx, const std::string& user_id);

}  // namespace haneul::keystone
