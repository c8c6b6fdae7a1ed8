#pragma once
#include <optional>
#include <string>

#include "base/clock.h"
#include "resource/service.h"
#include "resource/table.h"

namespace haneul::keystone {

struct State;
class Tokens;

struct ApplicationCredential {
  std::string id, user_id, name, project_id;
  std::optional<std::string> description;
  std::string secret_hash;
  std::optional<Instant> expires_at;
  bool unrestricted = false;
  bool has_access_rules = false;
};

extern const resource::Resource kApplicationCredential;

void add_application_credentials(resource::Service& service, State& state, Tokens& tokens);

// A user's, or those that a user has for one project (with which a lost role takes them).
void remove_application_credentials(State& state, db::Transaction& tx, std::string_view user_id);
void remove_application_credentials(State& state, db::Transaction& tx, std::string_view user_id,
                                    std::string_view project_id);

}  // namespace haneul::keystone
