#include "services/keystone/delegation.h"

#include <algorithm>

#include "services/keystone/dialect.h"
#include "services/keystone/state.h"
#include "services/keystone/token.h"

namespace haneul::keystone {
namespace {

// Callers do not carry it: their token does.
std::string access_token_of(const resource::Call& call, State& state) {
  const auto token = Tokens(state).validate(call.request().headers.get("X-Auth-Token"));
  if (!token || token->payload.access_token_id.empty()) throw unauthorized();
  return token->payload.access_token_id;
}

}  // namespace

bool is_by_oauth(const access::Caller& caller) {
  const auto& methods = caller.methods;
  return std::find(methods.begin(), methods.end(), kOauth1) != methods.end();
}

bool is_delegated(const access::Caller& caller) {
  return !caller.trust_id.empty() || !caller.app_cred_id.empty() || is_by_oauth(caller);
}

bool is_in_scope(const access::Caller& caller, const std::optional<std::string>& project_id) {
  return !is_delegated(caller) || project_id.value_or("") == caller.project_id.text;
}

void bind_to_delegation(const resource::Call& call, State& state, json::Object& blob) {
  const auto& caller = call.caller();
  if (!caller.trust_id.empty()) blob.set("trust_id", caller.trust_id.text);
  if (!caller.app_cred_id.empty()) blob.set("app_cred_id", caller.app_cred_id.text);
  if (is_by_oauth(caller)) blob.set("access_token_id", access_token_of(call, state));
}

}  // namespace haneul::keystone
