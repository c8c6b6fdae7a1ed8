#pragma once
#include "base/id.h"

namespace haneul::access {

using UserId = Id<struct UserTag>;
using ProjectId = Id<struct ProjectTag>;
using DomainId = Id<struct DomainTag>;
using RoleId = Id<struct RoleTag>;
using TrustId = Id<struct TrustTag>;
using AppCredId = Id<struct AppCredTag>;

struct Caller;
struct PolicyDefault;
class Target;
class Policy;

}  // namespace haneul::access
