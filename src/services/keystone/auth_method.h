#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resource/call.h"
#include "resource/form.h"
#include "services/keystone/auth_scope.h"
#include "services/keystone/logic/token_payload.h"

namespace haneul::keystone {

class Tokens;

// Who the methods of a request together say it is. They must agree.
struct Identity {
  TokenPayload claims;  // what the methods know of the token to come: user_id, methods…
  std::optional<Instant> expires_at;  // the earliest of those given
  std::string parent_audit_id;
  bool scope_is_fixed = false;  // claims say what it is for; a scope in the request does not

  void is(const std::string& user_id);  // ends the request if it was another
  void expires(Instant at);
};

struct AuthContext {
  resource::Call& call;
  State& state;
  Tokens& tokens;
  const ScopeWanted& scope;
};

// Looks up and compares, outside of transactions and locks; may be slow. Ends the request if it is
// not who it claims to be.
using Proof = std::function<void(Identity&)>;

// One way to say who one is: a file auth_<name>.cc and a line in auth_method.cc.
struct AuthMethod {
  std::string_view name;
  // Reads the method's part of the request; ends it for what is wrong without looking anything up.
  // The context outlives the proof.
  Proof (*read)(resource::Form& data, const AuthContext& context);
};

extern const AuthMethod kAuthByToken, kAuthByApplicationCredential, kAuthByPassword, kAuthByTotp;
extern const AuthMethod kAuthByOauth1;
extern const AuthMethod kAuthByMapped, kAuthBySaml2, kAuthByOpenid;  // of federations

// A token for whom all the proofs speak of; `scoped` is null if what it is to be for is not there.
// Logins and what ends them are in the history.
http::Response log_in(const AuthContext& context, std::vector<std::string> methods,
                      const std::vector<Proof>& proofs, const TokenPayload* scoped);

// In the order in which they are proved: what is cheap comes first, what can be used once last.
std::span<const AuthMethod* const> auth_methods();

}  // namespace haneul::keystone
