#include "services/keystone/auth_request.h"

#include <algorithm>
#include <map>

#include "services/keystone/dialect.h"
#include "services/keystone/state.h"

namespace haneul::keystone {
namespace {

using resource::Form;

constexpr std::size_t kMethodsMax = 16;

std::vector<std::string> read_methods(Form& identity) {
  const json::Array* array = identity.array("methods", kMethodsMax);
  if (!array) identity.fail({.kind = resource::Problem::Kind::missing, .field = "methods"});
  std::vector<std::string> methods;
  for (const auto& value : *array) {
    if (!value.text()) {
      identity.fail({.kind = resource::Problem::Kind::wrong_type,
                     .field = "identity/methods",
                     .value = value,
                     .expected = "string"});
    }
    if (std::find(methods.begin(), methods.end(), *value.text()) == methods.end()) {
      methods.push_back(*value.text());
    }
  }
  return methods;
}

std::size_t place_of(const State& state, std::string_view method) {
  const auto known = auth_methods();
  const auto& active = state.auth_methods;
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const AuthMethod* m) { return m->name == method; });
  if (found == known.end() || std::find(active.begin(), active.end(), method) == active.end()) {
    throw Fault::unauthorized("Attempted to authenticate with an unsupported method.");
  }
  return static_cast<std::size_t>(found - known.begin());
}

std::vector<Proof> read_proofs(Form& identity, const std::vector<std::string>& methods,
                               const AuthContext& context) {
  for (const auto& method : methods) {
    if (!identity.has(method)) throw expected(method, "identity");
  }
  std::map<std::size_t, Proof> by_place;
  for (const auto& method : methods) {
    auto data = identity.object(method);
    const std::size_t place = place_of(context.state, method);
    by_place[place] = auth_methods()[place]->read(*data, context);
  }
  std::vector<Proof> proofs;
  for (auto& [place, proof] : by_place) proofs.push_back(std::move(proof));
  return proofs;
}

}  // namespace

AuthRequest read_auth(const AuthContext& context, ScopeWanted& scope) {
  resource::Call& call = context.call;
  Form top(call.dialect(), call.body(), "");
  const json::Value* auth = top.any("auth");
  if (!auth || auth->is_null()) throw expected("auth", "request body");
  Form form(call.dialect(), *auth, "");
  auto identity = form.object("identity");
  if (!identity) form.fail({.kind = resource::Problem::Kind::missing, .field = "identity"});
  AuthRequest request;
  request.methods = read_methods(*identity);
  if (const json::Value* wanted = form.any("scope")) scope = read_scope(call, *wanted);
  request.proofs = read_proofs(*identity, request.methods, context);
  return request;
}

}  // namespace haneul::keystone
