#include <chrono>
#include <csignal>
#include <iostream>
#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>
#include <sys/syscall.h>

#include "cli/agent_host.h"
#include "cli/commands.h"
#include "cli/drivers.h"

namespace haneul::cli {
namespace {

constexpr std::chrono::milliseconds kStopMax{30'000};

// A process that is to end. Its locks are not enough to go by: they are given up one after the
// other.
class Ending {
 public:
  explicit Ending(pid_t pid) : fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  ~Ending() {
    if (fd_ >= 0) ::close(fd_);
  }
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;

  // True if it has ended within the time.
  bool ask(int signal) const {
    if (fd_ < 0) return true;
    ::syscall(SYS_pidfd_send_signal, fd_, signal, nullptr, 0);
    pollfd end{fd_, POLLIN, 0};
    return ::poll(&end, 1, static_cast<int>(kStopMax.count())) > 0;
  }

 private:
  const int fd_;
};

}  // namespace

int down(const Options& options) {
  StateDir state(chosen_state_dir(options.state, options.simulated),
                 StateDir::Missing::stays_missing);
  if (const auto pid = state.owner()) {
    const Ending process(*pid);
    if (!process.ask(SIGTERM)) {
      std::cerr << fmt::format("haneul: process {} does not end; it is killed\n", *pid);
      process.ask(SIGKILL);
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
  open_drivers(own, load_settings(own, state).system, state)->end_all(say);
  std::cout << "down\n";
  return 0;
}

}  // namespace haneul::cli
