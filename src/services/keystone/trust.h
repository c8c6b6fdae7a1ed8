#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "json/value.h"
#include "resource/service.h"

namespace haneul::keystone {

struct State;

// What the trustor lets the trustee do in a project in the trustor's stead.
struct Trust {
  std::string id, trustor_user_id, trustee_user_id;
  std::optional<std::string> project_id;
  bool impersonation = false;
  std::optional<Instant> expires_at;
  std::optional<std::int64_t> remaining_uses;
  std::optional<std::string> redelegated_trust_id;
  std::int64_t redelegation_count = 0;
  json::Object extra;
};

extern const resource::Resource kTrust;

// The trust and those it was redelegated from, itself first. Each must be there and not expired,
// and the trustees between enabled: nothing otherwise.
std::vector<Trust> trust_chain(const State& state, db::Session& session, const std::string& id);
std::vector<std::string> roles_of_trust(db::Session& session, const std::string& id);
// Before a trust may be scoped to: it has uses left. "Could not find trust: x."
Trust usable_trust(const State& state, db::Session& session, const std::string& id);
// One use less, where uses are counted. Ends the request if there are none.
void consume_trust(State& state, const std::string& id);

// With all that were redelegated from it.
void remove_trust(State& state, db::Transaction& tx, const std::string& id);
void remove_trusts_of_user(State& state, db::Transaction& tx, const std::string& user_id);
void remove_trusts_of_project(State& state, db::Transaction& tx, const std::string& project_id);

// {"trust": {…}} with roles.
http::Response trust_answer(int status, const resource::Call& call, const State& state,
                            db::Session& session, const Trust& trust);
// Tokens of other delegations may not touch trusts.
// upstream: openstack/keystone:keystone/api/trusts.py (_check_delegated_token)
void refuse_delegated_token(const resource::Call& call);
http::Response create_trust(resource::Call& call, State& state);

void add_trusts(resource::Service& service, State& state);

}  // namespace haneul::keystone
