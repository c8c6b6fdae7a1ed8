#include <csignal>
#include <iostream>
#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/log.h"
#include "base/process.h"
#include "cli/commands.h"
#include "cli/machine.h"
#include "cli/runtime.h"

namespace haneul::cli {
namespace {

constexpr int kArenasMax = 4;
constexpr int kLargeBlockBytes = 512 * 1024;

// Lines to the process that started us: "stage …", then "ready …" or "error …".
void tell(int fd, const std::string& line) {
  if (fd < 0) {
    std::cout << line << std::endl;
    return;
  }
  const std::string whole = line + "\n";
  if (::write(fd, whole.data(), whole.size()) < 0) log::warning("nobody waits for readiness");
}

}  // namespace

int serve(const Options& options) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before threads: only sigwait below gets them
  std::signal(SIGPIPE, SIG_IGN);
  allow_many_files();
  // An arena for each of some twenty threads would keep what each once needed for itself.
  ::mallopt(M_ARENA_MAX, kArenasMax);
  // Large blocks go back when they are freed; by itself the limit rises with each of them.
  ::mallopt(M_MMAP_THRESHOLD, kLargeBlockBytes);
  try {
    StateDir state(chosen_state_dir(options.state, options.simulated));
    state.lock();
    // A directory is claimed only for what this machine can serve.
    if (!options.simulated) require_machine(!options.no_local_host);
    claim(state, options.simulated ? "simulated" : "real");
    if (options.ready_fd >= 0) log::open_file(state.file("haneul.log").string());
    const Runtime runtime(
        options, load_settings(options, state), state,
        [&](std::string_view stage) { tell(options.ready_fd, fmt::format("stage {}", stage)); });
    state.write("url", runtime.url());
    tell(options.ready_fd, fmt::format("ready {}", runtime.url()));
    if (options.ready_fd >= 0) ::close(options.ready_fd);
    int signal = 0;
    sigwait(&ends, &signal);
    log::info("haneul stops", {{"signal", signal}});
  } catch (const std::exception& e) {
    if (options.ready_fd < 0) throw;
    log::error("haneul cannot start", {{"error", e.what()}});
    tell(options.ready_fd, fmt::format("error {}", e.what()));
    log::flush();
    return 1;
  }
  return 0;
}

}  // namespace haneul::cli
