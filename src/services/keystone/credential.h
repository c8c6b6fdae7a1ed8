#pragma once
#include <cstdint>
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
  std::int64_t totp_step = -1;  // the newest whose passcode was used; see logic/totp.h
  json::Object extra;
};

extern const resource::Resource kCredential;

// The secret itself. Throws Fault::internal if none of the keys fits.
std::string decrypted_blob(const State& state, const Credential& credential);

void add_credentials(resource::Service& service, State& state);

}  // namespace haneul::keystone
