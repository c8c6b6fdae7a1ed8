#pragma once
#include <memory>
#include <string_view>

#include "access/caller.h"

namespace haneul::access {

// Turns a token into who calls. Keystone is one; tests have their own. Safe from any thread.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // Null for anything that is not a token that is good now.
  virtual std::shared_ptr<const Caller> authenticate(std::string_view token) = 0;
};

}  // namespace haneul::access
