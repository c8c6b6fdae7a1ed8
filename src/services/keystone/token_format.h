#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "services/keystone/keystone.h"
#include "services/keystone/logic/key_repository.h"
#include "services/keystone/logic/token_payload.h"

namespace haneul::keystone {

// How what a token stands for becomes its text and back. Safe from any thread.
class TokenFormat {
 public:
  virtual ~TokenFormat() = default;
  // Both end the request if there are no keys.
  virtual std::string encode(const TokenPayload& token) = 0;  // made at token.issued_at
  virtual std::optional<TokenPayload> decode(std::string_view text) = 0;
  // Another number whenever the keys are others: what was made with one that is gone is void.
  virtual std::uint64_t keys_generation() = 0;
  // What a text that is no token is told.
  virtual std::string unreadable(std::string_view text) const = 0;
};

// As [token] provider says. All references must outlive it. Throws std::runtime_error with a
// sentence if its keys are missing.
std::unique_ptr<TokenFormat> make_token_format(const Options& options,
                                               const KeyRepository& fernet_keys,
                                               AuthMethods methods, const Clock& clock);

}  // namespace haneul::keystone
