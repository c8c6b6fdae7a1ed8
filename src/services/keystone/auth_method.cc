#include "services/keystone/auth_method.h"

#include <algorithm>

#include "services/keystone/dialect.h"

namespace haneul::keystone {

void Identity::is(const std::string& user_id) {
  if (!claims.user_id.empty() && claims.user_id != user_id) throw unauthorized();
  claims.user_id = user_id;
}

void Identity::expires(Instant at) {
  expires_at = expires_at ? std::min(*expires_at, at) : at;
}

std::span<const AuthMethod* const> auth_methods() {
  static constexpr const AuthMethod* kMethods[] = {&kAuthByToken,    &kAuthByApplicationCredential,
                                                   &kAuthByOauth1,   &kAuthByMapped,
                                                   &kAuthBySaml2,    &kAuthByOpenid,
                                                   &kAuthByPassword, &kAuthByTotp};
  return kMethods;
}

}  // namespace haneul::keystone
