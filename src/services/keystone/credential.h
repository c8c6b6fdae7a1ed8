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

inline constexpr std::string_view kEc2 = "ec2";
// The id of the EC2 credential with this access key.
std::string ec2_credential_id(std::string_view access);
// What a credential is for: text, in most types JSON.
std::string blob_of(const State& state, const Credential& credential);
void set_blob(const State& state, Credential& credential, std::string_view blob);
// Ends the request if the user has as many as there may be.
void refuse_beyond_credential_limit(const State& state, db::Session& session,
                                    const std::string& user_id);

void add_credentials(resource::Service& service, State& state);

}  // namespace haneul::keystone
