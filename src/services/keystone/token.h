#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "db/database.h"
#include "services/keystone/logic/token_payload.h"
#include "services/keystone/role_graph.h"
#include "services/keystone/token_cache.h"
#include "services/keystone/trust.h"

namespace haneul::keystone {

struct State;

// Makes tokens and tells what they are worth. Safe from any thread.
class Tokens {
 public:
  explicit Tokens(State& state) : state_(state) {}

  // Why a text is no good token, in upstream's words.
  struct Verdict {
    std::shared_ptr<const ValidToken> token;  // null if it is no good
    std::string reason;
  };
  // A cached token costs well under two microseconds. `window` lets tokens pass that expired so
  // long ago.
  std::shared_ptr<const ValidToken> validate(std::string_view text, Duration window = {});
  Verdict judge(std::string_view text, Duration window = {});

  struct Issued {
    std::string text;
    std::shared_ptr<const ValidToken> token;
  };
  // A new token for what `wanted` says; kind, issued_at and the own audit id are filled in here.
  // Nothing if the user has no role there or user, project or domain are disabled or gone.
  std::optional<Issued> issue(TokenPayload wanted);

 private:
  std::shared_ptr<ValidToken> looked_into(std::string_view text, const TokenPayload& payload,
                                          Epochs::Stamp stamp);
  std::shared_ptr<const ValidToken> cached(std::string_view text, Duration window);

  State& state_;
};

// The roles that a trust gives, by the chain it hangs on; nothing once the trustor at its end has
// lost one of them.
std::optional<std::vector<const RoleGraph::Node*>> delegated_roles(const RoleGraph& graph,
                                                                   db::Session& session,
                                                                   const std::vector<Trust>& chain);

// A token that is bound to a certificate is good only with it (DER; empty without one).
bool is_holder(const ValidToken& token, std::string_view certificate);

// {"token": …} as GET and POST answer it.
std::string token_body(const ValidToken& token, bool with_catalog);

// Looks up all that a token stands for. Nothing if user, domain, project or roles are gone or
// disabled.
std::shared_ptr<ValidToken> look_into(State& state, db::Session& session, TokenPayload payload,
                                      Epochs::Stamp stamp);

}  // namespace haneul::keystone
