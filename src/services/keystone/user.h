#pragma once
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "json/value.h"
#include "resource/service.h"
#include "resource/table.h"

namespace haneul::keystone {

struct State;

struct User {
  std::string id, name, domain_id;
  bool enabled = true;
  std::optional<std::string> default_project_id;
  std::optional<std::string> password_hash;
  std::optional<Instant> password_created_at, password_expires_at;
  bool password_self_service = false;     // the user chose it, not somebody else
  std::optional<Instant> last_active_at;  // 00:00 of the day of the last login with a password
  Instant created_at;
  json::Object options, extra;
};

extern const resource::Resource kUser;

// Users, their groups, projects and passwords.
void add_users(resource::Service& service, State& state);

// A noun to list users with that hang on something else.
std::shared_ptr<const resource::Noun> plain_user_noun(const State& state);

// Whether one of the user's options is true.
bool option_is_set(const json::Object& options, std::string_view name);

}  // namespace haneul::keystone
