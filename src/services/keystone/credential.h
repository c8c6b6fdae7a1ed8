#pragma once
#include <optional>
#include <string>

#include "json/value.h"
#include "resource/service.h"

namespace haneul::keystone {

struct State;

// A secret that Keystone keeps for a user; its blob is encrypted at rest.
struct Credential {
  std::string id, user_id;
  std::optional<std::string> project_id;
  std::string type;
  std::string encrypted_blob;
  json::Object extra;
};

extern const resource::Resource kCredential;

void add_credentials(resource::Service& service, State& state);

}  // namespace haneul::keystone
