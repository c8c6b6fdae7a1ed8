#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "access/authenticator.h"

namespace haneul::access {

// One call that a token may be used for, where it may not be used for all.
struct AccessRule {
  std::string service;  // the type: "compute"
  std::string path;     // {…} and * stand for a segment or a part of one, ** for anything
  std::string method;
};
using AccessRules = std::vector<AccessRule>;

// Longer paths than this many bytes match no rule.
constexpr std::size_t kRulePathBytesMax = 4096;

// Takes time of the product of both lengths at most.
// upstream: openstack/keystonemiddleware:keystonemiddleware/auth_token/__init__.py (_path_matches)
bool path_matches(std::string_view path, std::string_view pattern);

// Whether one of the rules lets this be asked. The path counts with the service's mount
// ("/compute/v2.1/servers") and without ("/v2.1/servers").
bool allows(const AccessRules& rules, const Asked& asked);

}  // namespace haneul::access
