#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/state_dir.h"

namespace haneul::cli {
namespace {

std::vector<std::string> serve_arguments(const Options& o, const std::string& program,
                                         const std::string& state, int ready_fd) {
  std::vector<std::string> args = {program,         "serve",
                                   "--state",       state,
                                   "--listen",      o.listen,
                                   "--port",        std::to_string(o.port),
                                   "--hosts",       std::to_string(o.hosts),
                                   "--public-cidr", o.public_cidr,
                                   "--ready-fd",    std::to_string(ready_fd)};
  if (o.simulated) args.emplace_back("--simulated");
  if (o.no_local_host) args.emplace_back("--no-local-host");
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) args.insert(args.end(), {name, value});
  };
  add("--public-url", o.public_url);
  add("--tls-cert", o.tls_cert);
  add("--tls-key", o.tls_key);
  add("--tls-client-ca", o.tls_client_ca);
  add("--guest-image", o.guest_image);
  add("--config", o.config);
  return args;
}

// Locks and pipes of whoever called us are not to live as long as the cloud.
void close_all_but(int kept) {
  ::close_range(3, static_cast<unsigned>(kept) - 1, 0);
  ::close_range(static_cast<unsigned>(kept) + 1, ~0U, 0);
}

// The child: a session of its own, no terminal, no inherited files but the readiness pipe.
[[noreturn]] void become_daemon(const std::vector<std::string>& arguments, const StateDir& state,
                                int ready_fd) {
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDWR);
  const int out = ::open(state.file("haneul.out").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(nothing, 0);
  ::dup2(out, 1);
  ::dup2(out, 2);
  close_all_but(ready_fd);
  std::vector<char*> argv;
  for (const auto& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  ::execv("/proc/self/exe", argv.data());
  ::_exit(127);
}

// Prints each stage when it begins and its seconds when it ends; the line that ended it.
std::string follow(int fd) {
  std::FILE* in = ::fdopen(fd, "r");
  const SystemClock clock;
  char line[4096];
  std::string stage, last;
  Duration begun = clock.steady();
  const auto close_stage = [&] {
    if (stage.empty()) return;
    const double seconds = static_cast<double>((clock.steady() - begun).count()) / 1e6;
    std::cout << fmt::format(" {:6.2f} s\n", seconds) << std::flush;
  };
  while (std::fgets(line, sizeof(line), in)) {
    last = std::string(trim(line));
    if (!last.starts_with("stage ")) break;
    close_stage();
    stage = last.substr(6);
    begun = clock.steady();
    std::cout << fmt::format("  {:<28}", stage) << std::flush;
  }
  if (last.starts_with("ready ")) {
    close_stage();
  } else if (!stage.empty()) {
    std::cout << " failed\n" << std::flush;
  }
  std::fclose(in);
  return last;
}

void print_access(const StateDir& state, const std::string& url) {
  std::cout << fmt::format(
      "haneul answers at {}\n"
      "  export OS_CLIENT_CONFIG_FILE={}\n"
      "  export OS_CLOUD=haneul-admin\n",
      url, state.file("clouds.yaml").string());
}

}  // namespace

int up(const Options& options, const char* program) {
  const StateDir state(chosen_state_dir(options.state, options.simulated));
  if (state.owner()) {
    const std::string url = state.read("url").value_or("");
    std::cout << "already running\n";
    print_access(state, url);
    return 0;
  }
  int pipe_fds[2];
  if (::pipe(pipe_fds) != 0) throw std::runtime_error("the kernel gives no pipe");
  const auto arguments = serve_arguments(options, program, state.path().string(), pipe_fds[1]);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("the kernel gives no process");
  if (child == 0) {
    ::close(pipe_fds[0]);
    become_daemon(arguments, state, pipe_fds[1]);
  }
  ::close(pipe_fds[1]);
  const std::string last = follow(pipe_fds[0]);
  if (last.starts_with("ready ")) {
    print_access(state, last.substr(6));
    return 0;
  }
  int code = 0;
  ::waitpid(child, &code, 0);
  std::cerr << "haneul: "
            << (last.starts_with("error ") ? last.substr(6)
                                           : fmt::format("the process ended without a word; see {}",
                                                         state.file("haneul.out").string()))
            << "\n";
  return 1;
}

}  // namespace haneul::cli
