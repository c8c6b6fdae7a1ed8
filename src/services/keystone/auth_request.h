#pragma once
#include <optional>
#include <string>
#include <vector>

#include "resource/call.h"

namespace haneul::keystone {

// What POST /v3/auth/tokens asks for, as the client wrote it: names are not looked up yet.
struct DomainRef {
  std::string id, name;  // the name counts where both are given
};
struct UserRef {
  std::string id, name;
  std::optional<DomainRef> domain;
  std::optional<std::string> password;
};
struct ProjectRef {
  std::string id, name;
  std::optional<DomainRef> domain;
};
struct AppCredRef {
  std::string id, name;
  std::optional<std::string> secret;
  std::optional<UserRef> user;
};

struct ScopeWanted {
  enum class Kind { unspecified, unscoped, project, domain, system, trust };
  Kind kind = Kind::unspecified;
  ProjectRef project;
  DomainRef domain;
  std::string trust_id;
};

struct AuthRequest {
  std::vector<std::string> methods;  // each once, in the order given
  UserRef user;                      // of the method password
  std::string token_id;              // of the method token
  AppCredRef app_cred;
  ScopeWanted scope;

  bool has(std::string_view method) const;
};

// Throws for everything that is wrong without looking anything up.
// upstream: openstack/keystone:keystone/auth/schema.py, keystone/auth/core.py
AuthRequest read_auth(resource::Call& call);

}  // namespace haneul::keystone
