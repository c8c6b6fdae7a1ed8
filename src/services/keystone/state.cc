#include "services/keystone/state.h"

#include <set>
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

PasswordPattern pattern_of(const Options& options) {
  auto pattern = PasswordPattern::parse(options.compliance.password_regex);
  if (!pattern) throw std::runtime_error("Keystone's " + pattern.reason());
  return std::move(*pattern);
}

// As many as there are bits in a token, and each once.
std::vector<std::string_view> auth_methods_of(const Options& options) {
  constexpr std::size_t kMethodsMax = 32;
  const auto& names = options.auth_methods;
  const std::set<std::string_view> different(names.begin(), names.end());
  if (names.empty() || names.size() > kMethodsMax || different.size() != names.size()) {
    throw std::runtime_error(
        "Keystone's [auth] methods must name 1 to 32 methods, each of them once");
  }
  return {names.begin(), names.end()};
}

std::unique_ptr<cache::Cache> shared_cache_of(const Options& options, const Clock& clock) {
  if (!options.shared_cache) return nullptr;
  return cache::open_memcached(
      {.servers = options.memcache_servers, .dead_for = options.memcache_dead_retry}, clock);
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
      auth_methods(auth_methods_of(options)),
      password_options(password_options_of(options)),
      password_pattern(pattern_of(options)),
      oidc(options.providers_file, world.clock),
      saml(options.providers_file, world.clock),
      dummy_hash(hash_password("no such user", password_options).value()),
      epochs(world.db, world.clock),
      revocations(epochs),
      cache({options.cached_tokens_max, options.cached_bytes_max}),
      shared_cache(shared_cache_of(options, world.clock), options.key_directory,
                   std::chrono::duration_cast<std::chrono::seconds>(options.shared_cache_time)),
      directories(options, world.clock, epochs, std::move(open)) {
  for (KeyRepository* keys : {&token_keys, &credential_keys}) {
    const auto made = keys->setup();
    if (!made) throw std::runtime_error("Keystone cannot make its keys: " + made.reason());
  }
  token_format = make_token_format(options, token_keys, auth_methods, world.clock);
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
