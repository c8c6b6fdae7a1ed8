#pragma once
#include <string>
#include <vector>

#include "services/keystone/identity_provider.h"
#include "services/keystone/logic/mapping.h"
#include "services/keystone/protocol.h"

namespace haneul::keystone {

struct State;

// Who somebody is here of whom a mapping spoke: the row of a user that lives in the provider's
// domain (or the one that the mapping names), made at the first login. Puts the user into groups
// for as long as the provider's say holds, and makes projects and grants that the mapping gives.
// Upstream's identifiers: the same provider's user has the same id in every cloud.
// upstream: openstack/keystone:keystone/identity/shadow_backends/sql.py, auth/plugins/mapped.py
std::string shadow_user(State& state, db::Transaction& tx, const IdentityProvider& idp,
                        const Protocol& protocol, const MappedIdentity& mapped,
                        const std::vector<std::string>& group_ids);

// The name by which the provider knows a user, for tokens; empty if it is none of its users.
std::string display_name(db::Session& session, const std::string& user_id);

void remove_federated_user(db::Transaction& tx, const std::string& user_id);
// Takes away memberships whose time is over.
void end_group_memberships(State& state);

}  // namespace haneul::keystone
