#include "services/keystone/auth_method.h"
#include "services/keystone/consumer.h"
#include "services/keystone/dialect.h"
#include "services/keystone/oauth_access_token.h"
#include "services/keystone/oauth_request.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/auth/plugins/oauth1.py
namespace haneul::keystone {
namespace {

bool is_good(const State& state, const OauthSigned& request, const OauthAccessToken& token) {
  try {
    request.check_form({.token = true});
  } catch (const Fault&) {
    return false;
  }
  const auto consumer = state.world.db.read([&](db::Session& session) {
    return state.consumers.find(session, request.get("oauth_consumer_key"));
  });
  return consumer && consumer->id == token.consumer_id &&
         request.is_signed_with({consumer->secret, token.secret});
}

// What the token is for is what the user gave the consumer, whatever the request says.
void by_access_token(const State& state, const OauthSigned& request, Identity& who) {
  const auto token = state.world.db.read([&](db::Session& session) {
    return access_token_or_fault(state, session, request.get("oauth_token"));
  });
  if (is_expired(state, token)) throw Fault::unauthorized("Access token is expired");
  if (!is_good(state, request, token)) {
    throw Fault::unauthorized("Could not validate the access token");
  }
  who.is(token.authorizing_user_id);
  who.claims.access_token_id = token.id;
  who.claims.project_id = token.project_id;
  who.scope_is_fixed = true;
  if (token.expires_at) who.expires(*token.expires_at);
}

Proof read(resource::Form&, const AuthContext& context) {
  const OauthSigned request(context.call);
  request.required("oauth_token");
  return [&state = context.state, request](Identity& who) { by_access_token(state, request, who); };
}

}  // namespace

const AuthMethod kAuthByOauth1{"oauth1", read};

}  // namespace haneul::keystone
