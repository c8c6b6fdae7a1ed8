#include <iostream>
#include <stdexcept>

#include <fmt/format.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/settings.h"
#include "services/keystone/keystone.h"

namespace haneul::cli {

int fernet_rotate(const Options& options) {
  const StateDir state(chosen_state_dir(options.state, options.simulated),
                       StateDir::Missing::stays_missing);
  if (!state.read("mode")) {
    throw std::runtime_error(fmt::format("no cloud was ever started in {}", state.path().string()));
  }
  auto keystone = load_settings(options, state).services.keystone;
  keystone.key_directory = services::key_directory(state.path());
  const std::size_t primary = keystone::rotate_fernet_keys(keystone, SystemClock());
  std::cout << fmt::format("key {} signs tokens from now on; at most {} keys are kept\n", primary,
                           keystone.fernet_keys_max);
  return 0;
}

int create_jws_keypair(const Options& options) {
  const StateDir state(chosen_state_dir(options.state, options.simulated));
  auto keystone = load_settings(options, state).services.keystone;
  keystone.key_directory = services::key_directory(state.path());
  const auto where = keystone::create_jws_keypair(keystone, SystemClock(), options.force);
  std::cout << fmt::format(
      "made a pair of keys in {}; other controllers need the public one, and this one theirs\n",
      where);
  return 0;
}

}  // namespace haneul::cli
