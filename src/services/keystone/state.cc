#include "services/keystone/state.h"

#include <stdexcept>

#include "services/keystone/dialect.h"

namespace haneul::keystone {
namespace {

PasswordOptions password_options_of(const Options& options) {
  PasswordOptions p;
  p.rounds = static_cast<std::uint32_t>(options.bcrypt_cost);
  p.length_bytes_max = options.password_bytes_max;
  return p;
}

template <class T>
T or_fault(std::optional<T> row, std::string_view what, std::string_view id) {
  if (!row) throw no_such(what, id);
  return std::move(*row);
}

}  // namespace

State::State(const resource::World& world_, Options options_, directory::Opener open)
    : world(world_),
      options(std::move(options_)),
      token_keys(options.key_directory / "fernet-keys", world.clock),
      credential_keys(options.key_directory / "credential-keys", world.clock),
      password_options(password_options_of(options)),
      dummy_hash(hash_password("no such user", password_options).value()),
      cache({options.cached_tokens_max, options.cached_bytes_max}),
      directories(options, world.clock, std::move(open)) {
  for (KeyRepository* keys : {&token_keys, &credential_keys}) {
    const auto made = keys->setup();
    if (!made) throw std::runtime_error("Keystone cannot make its keys: " + made.reason());
  }
}

Project project_or_fault(const State& state, db::Session& session, std::string_view id) {
  return or_fault(state.projects.find(session, id), "project", id);
}

Project domain_or_fault(const State& state, db::Session& session, std::string_view id) {
  auto row = state.projects.find(session, id);
  if (row && !row->is_domain) row.reset();
  return or_fault(std::move(row), "domain", id);
}

User user_or_fault(const State& state, db::Session& session, std::string_view id) {
  return or_fault(state.users.find(session, id), "user", id);
}

Group group_or_fault(const State& state, db::Session& session, std::string_view id) {
  return or_fault(state.groups.find(session, id), "group", id);
}

Role role_or_fault(const State& state, db::Session& session, std::string_view id) {
  return or_fault(state.roles.find(session, id), "role", id);
}

}  // namespace haneul::keystone
