#pragma once
#include <memory>
#include <string_view>

#include "access/caller.h"

namespace haneul::access {

// What a request asks for, as far as a token may be good for some requests only.
struct Asked {
  std::string_view service_type;   // "compute"
  std::string_view mount;          // "/compute"
  std::string_view method, path;   // as sent, with the mount
  std::string_view service_token;  // X-Service-Token; empty if none came
  std::string_view certificate;    // the client's own, DER; empty if none came
};

// Turns a token into who calls. Keystone is one; tests have their own. Safe from any thread.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // Null for anything that is not a token that is good now and for this request.
  virtual std::shared_ptr<const Caller> authenticate(std::string_view token,
                                                     const Asked& asked) = 0;
};

}  // namespace haneul::access
