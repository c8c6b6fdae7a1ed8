#include <csignal>
#include <iostream>
#include <thread>

#include <fmt/format.h>

#include "base/clock.h"
#include "cli/agent_host.h"
#include "cli/commands.h"
#include "cli/drivers.h"

namespace haneul::cli {
namespace {

constexpr Duration kStopMax = std::chrono::seconds(30);
constexpr Duration kLookAgain = std::chrono::milliseconds(20);

// True when the process has let go of the directory within the time.
bool wait_for_end(const StateDir& state) {
  const SystemClock clock;
  const Duration end = clock.steady() + kStopMax;
  while (state.owner()) {
    if (clock.steady() > end) return false;
    std::this_thread::sleep_for(kLookAgain);
  }
  return true;
}

}  // namespace

int down(const Options& options) {
  StateDir state(chosen_state_dir(options.state, options.simulated));
  if (const auto pid = state.owner()) {
    ::kill(*pid, SIGTERM);
    if (!wait_for_end(state)) {
      std::cerr << fmt::format("haneul: process {} does not end; it is killed\n", *pid);
      ::kill(*pid, SIGKILL);
      wait_for_end(state);
    }
  }
  const auto mode = state.read("mode");
  if (!mode) {
    std::cout << fmt::format("no cloud was ever started in {}\n", state.path().string());
    return 0;
  }
  state.lock();
  if (mode->ends_with("agent")) {
    open_agent_host(kept_agent_options(state), state)->end_all();
    std::cout << "down\n";
    return 0;
  }
  Options own = options;
  own.simulated = *mode == "simulated";
  const auto say = [](std::string_view stage) { std::cout << "  " << stage << std::endl; };
  open_drivers(own, load_settings(own, state).system, state, [](std::string_view) {})->end_all(say);
  std::cout << "down\n";
  return 0;
}

}  // namespace haneul::cli
