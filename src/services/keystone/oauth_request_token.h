#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "resource/service.h"

namespace haneul::keystone {

struct State;

// A consumer's wish for rights in a project, which somebody grants by authorizing it.
struct OauthRequestToken {
  std::string id, secret, consumer_id, project_id;
  std::optional<Instant> expires_at;
  std::optional<std::string> verifier, authorizing_user_id;  // once authorized
  std::vector<std::string> role_ids;
};

extern const resource::Resource kOauthRequestToken;

// Ends the request if there is none or it has expired.
OauthRequestToken live_request_token(const State& state, db::Session& session, std::string_view id);
// "oauth_token=…&oauth_token_secret=…", with the expiry if there is one.
http::Response oauth_answer(const std::string& id, const std::string& secret,
                            const std::optional<Instant>& expires_at);
// When something that lasts so long ends; nothing for a duration of 0, which is for ever.
std::optional<Instant> oauth_end(const State& state, Duration lasts);

// POST …/request_token and PUT …/authorize/{id}.
void add_oauth_request_tokens(resource::Service& service, State& state);

}  // namespace haneul::keystone
