#pragma once
#include <string>

#include "resource/call.h"
#include "services/keystone/auth_refs.h"
#include "services/keystone/logic/token_payload.h"

namespace haneul::keystone {

struct ScopeWanted {
  enum class Kind { unspecified, unscoped, project, domain, system, trust };
  Kind kind = Kind::unspecified;
  ProjectRef project;
  DomainRef domain;
  std::string trust_id;
};

// Throws for everything that is wrong without looking anything up.
ScopeWanted read_scope(const resource::Call& call, const json::Value& value);
// Puts what the scope names into the token; false if there is no such thing.
bool apply_scope(const State& state, const ScopeWanted& scope, TokenPayload& token);
// Ends the request if the token is to stand for a trust that does not give it what it asks for.
void check_trust(State& state, const TokenPayload& token);

}  // namespace haneul::keystone
