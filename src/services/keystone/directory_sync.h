#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "db/database.h"
#include "resource/call.h"
#include "services/keystone/user.h"

namespace haneul::keystone {

struct State;
struct UserRef;

// The seam between the two places where users and groups are: who is about to read the tables
// calls one of these first, outside of transactions. Domains that are in the tables cost a look at
// a flag, or at one row where the program also knows directories. For the others the directory is
// asked, and the tables then say what it said: everything behind reads rows, whoever made them.
// Throw Fault::unavailable if a directory that must be asked does not answer.

// The user with its groups, or the group, if it is older than that.
void sync_user(State& state, const std::string& id, Duration older_than = {});
void sync_group(State& state, const std::string& id, Duration older_than = {});
// The group with its members.
void sync_members(State& state, const std::string& group_id, Duration older_than = {});
// The members of all groups that have roles, those first that were not seen for longest.
void sync_groups_with_roles(State& state);
// The user of that name with its groups; whoever it was before is gone if there is none.
void sync_user_named(State& state, const std::string& domain_id, const std::string& name);
void sync_named(State& state, const UserRef& ref);

// Before a list or an answer of users or groups. Throws Fault::unauthorized if the list needs a
// domain that nobody names.
void sync_users_for(State& state, const resource::Call& call);
void sync_groups_for(State& state, const resource::Call& call);
// The rows of such a list: of one domain, and what its directory has. `type`: user or group.
void narrow_to_domain(State& state, const resource::Call& call, db::Session& session,
                      std::string_view type, resource::Page& page);

// A change of a user or group that is a directory's is forbidden; ids, or the domain's.
void refuse_write(State& state, db::Session& session, std::string_view domain_id);

// The user, if it is a directory's and this is the password; ends the request if it is a
// directory's and it is not. Nothing for users in tables.
std::optional<User> directory_login(State& state, const UserRef& ref);
// The same with an id, without looking whether user and domain are enabled.
std::optional<bool> directory_accepts(State& state, const std::string& user_id,
                                      const std::string& password);

// After a change of a domain's configuration, in its transaction.
void directory_changed(State& state, db::Transaction& tx, const std::string& domain_id);
// Copies of domains that no directory serves go. For the start of the program.
void forget_unserved(State& state);

}  // namespace haneul::keystone
