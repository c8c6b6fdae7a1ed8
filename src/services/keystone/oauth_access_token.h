#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "resource/service.h"
#include "services/keystone/role_graph.h"

namespace haneul::keystone {

struct State;

// What a user lets a consumer do in a project in the user's name.
struct OauthAccessToken {
  std::string id, secret, consumer_id, project_id;
  std::optional<Instant> expires_at;
  std::string authorizing_user_id;
  std::vector<std::string> role_ids;
};

extern const resource::Resource kOauthAccessToken;

// "Access token not found"
OauthAccessToken access_token_or_fault(const State& state, db::Session& session,
                                       std::string_view id);
bool is_expired(const State& state, const OauthAccessToken& token);
// The roles that it gives: those of its own, with what they imply, that the user still has.
std::vector<const RoleGraph::Node*> roles_of_access_token(
    const RoleGraph& graph, const OauthAccessToken& token,
    const std::vector<const RoleGraph::Node*>& users);

// Those with this value in the column, and with them what they were good for.
void remove_access_tokens(State& state, db::Transaction& tx, std::string_view column,
                          std::string_view value);

// POST …/access_token, and /v3/users/{user_id}/OS-OAUTH1/access_tokens.
void add_oauth_access_tokens(resource::Service& service, State& state);

}  // namespace haneul::keystone
