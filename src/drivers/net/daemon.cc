#include "drivers/net/daemon.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <sys/syscall.h>

#include "base/process.h"
#include "base/text.h"
#include "drivers/net/driver.h"

namespace haneul::net {
namespace {

constexpr std::chrono::milliseconds kKillTimeMax{2'000};

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string base_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

void send_signal(int pidfd, int signal) {
  ::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0);
}

}  // namespace

Daemon::Daemon(DaemonSpec spec) : spec_(std::move(spec)) {}

bool Daemon::adopt() {
  pidfd_.reset();
  const auto pid = parse_int(trim(read_all(spec_.pid_file)));
  if (!pid || *pid < 2) return false;
  // The descriptor first: afterwards the number cannot come to mean another process.
  Descriptor found(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(*pid), 0)));
  if (!found || !is_ours(static_cast<pid_t>(*pid))) return false;
  pidfd_ = std::move(found);
  return running();
}

bool Daemon::is_ours(pid_t pid) const {
  const std::string line = read_all("/proc/" + std::to_string(pid) + "/cmdline");
  const auto words = split(line, '\0');
  return base_name(words.front()) == base_name(spec_.argv.front()) &&
         std::find(words.begin(), words.end(), "--pidfile=" + spec_.pid_file) != words.end();
}

void Daemon::start(std::chrono::milliseconds time_max) {
  std::vector<std::string> argv = {"env"};
  for (const auto& [name, value] : spec_.environment) argv.push_back(name + "=" + value);
  argv.insert(argv.end(), spec_.argv.begin(), spec_.argv.end());
  argv.push_back("--pidfile=" + spec_.pid_file);
  argv.emplace_back("--detach");
  const auto end = run_process(argv, {.time_max = time_max});
  if (!end) throw Error("cannot start " + spec_.name + ": " + end.reason());
  if (!end->ok()) throw Error("cannot start " + spec_.name + ": " + end->reason());
  if (!adopt()) throw Error(spec_.name + " ended at once; see its log");
}

bool Daemon::running() const {
  return pidfd_ && !ended_within(std::chrono::milliseconds(0));
}

void Daemon::terminate() {
  if (pidfd_) send_signal(pidfd_.get(), SIGTERM);
}

bool Daemon::await_end(std::chrono::milliseconds time_max) {
  if (!pidfd_) return true;
  bool ended = ended_within(time_max);
  if (!ended) {
    send_signal(pidfd_.get(), SIGKILL);
    ended = ended_within(kKillTimeMax);
  }
  if (ended) pidfd_.reset();
  return ended;
}

bool Daemon::ended_within(std::chrono::milliseconds time_max) const {
  const auto deadline = std::chrono::steady_clock::now() + time_max;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd file{pidfd_.get(), POLLIN, 0};
    const int ready = ::poll(&file, 1, static_cast<int>(std::max<long>(left.count(), 0)));
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

}  // namespace haneul::net
