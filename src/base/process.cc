#include "base/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/text.h"

extern char** environ;

namespace haneul {
namespace {

using SteadyClock = std::chrono::steady_clock;
using SteadyTime = SteadyClock::time_point;

// A process killed with SIGKILL can still hang in the kernel (a broken /dev/kvm does that).
constexpr std::chrono::milliseconds kReapMax{2'000};
constexpr std::chrono::milliseconds kPollWithoutPidfd{20};

class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  ~File() { close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  void reset(int fd) {
    close();
    fd_ = fd;
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

struct Pipe {
  File read_end, write_end;

  bool make() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
    return ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
  }
};

struct SpawnSettings {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;

  SpawnSettings(int out, int err) {
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, 1);
    posix_spawn_file_actions_adddup2(&files, err, 2);
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
};

void limit(pid_t pid, const ProcessLimits& limits) {
  const auto set = [pid](__rlimit_resource what, std::uint64_t most) {
    if (most == 0) return;
    const rlimit both{most, most};
    ::prlimit(pid, what, &both, nullptr);
  };
  set(RLIMIT_AS, limits.memory_bytes_max);
  set(RLIMIT_CPU, limits.cpu_seconds_max);
  set(RLIMIT_CORE, 1);
}

// One running child and what it has said so far.
class Child {
 public:
  Child(pid_t pid, Pipe& out, Pipe& err, std::size_t output_bytes_max)
      : pid_(pid),
        pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
        out_(out),
        err_(err),
        output_bytes_max_(output_bytes_max) {}

  ProcessEnd wait(std::chrono::milliseconds time_max) {
    if (!wait_until(SteadyClock::now() + time_max)) {
      end_.timed_out = true;
      end_.signal = SIGKILL;
      ::kill(-pid_, SIGKILL);
      wait_until(SteadyClock::now() + kReapMax);
    }
    drain(out_.read_end, end_.out);
    drain(err_.read_end, end_.err);
    return std::move(end_);
  }

 private:
  bool wait_until(SteadyTime deadline) {
    while (!reaped()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
      if (left.count() <= 0) return false;
      std::array<pollfd, 3> files = {pollfd{out_.read_end.get(), POLLIN, 0},
                                     pollfd{err_.read_end.get(), POLLIN, 0},
                                     pollfd{pidfd_.get(), POLLIN, 0}};
      const auto nap = pidfd_.open() ? left : std::min(left, kPollWithoutPidfd);
      ::poll(files.data(), files.size(), static_cast<int>(nap.count()));
      if (files[0].revents != 0) drain(out_.read_end, end_.out);
      if (files[1].revents != 0) drain(err_.read_end, end_.err);
    }
    return true;
  }

  bool reaped() {
    int status = 0;
    const pid_t done = ::waitpid(pid_, &status, WNOHANG);
    if (done == 0 || (done < 0 && errno == EINTR)) return false;
    if (done < 0) return true;
    if (WIFEXITED(status)) end_.exit_status = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) end_.signal = WTERMSIG(status);
    return true;
  }

  void drain(File& from, std::string& to) {
    std::array<char, 16'384> block;
    while (from.open()) {
      const ssize_t n = ::read(from.get(), block.data(), block.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) return from.close();
      const auto room = output_bytes_max_ - to.size();
      const auto got = static_cast<std::size_t>(n);
      to.append(block.data(), std::min(room, got));
      if (got <= room) continue;
      end_.output_cut = true;
      return;  // the clock is looked at between blocks, however fast the child writes
    }
  }

  const pid_t pid_;
  const File pidfd_;
  Pipe& out_;
  Pipe& err_;
  const std::size_t output_bytes_max_;
  ProcessEnd end_;
};

Failure could_not(const std::string& program, int error) {
  return {fmt::format("{} could not be started: {}", program, std::strerror(error))};
}

}  // namespace

std::string ProcessEnd::reason() const {
  if (timed_out) return "it took too long";
  const auto lines = split(err, '\n');
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (const auto text = trim(*line); !text.empty()) return std::string(text);
  }
  if (signal != 0) return fmt::format("it was ended by signal {}", signal);
  return fmt::format("it ended with status {}", exit_status);
}

Result<ProcessEnd> run_process(const std::vector<std::string>& argv, const ProcessLimits& limits) {
  if (argv.empty() || argv[0].empty()) return Failure{"there is no program to run"};
  Pipe out;
  Pipe err;
  if (!out.make() || !err.make()) return could_not(argv[0], errno);
  std::vector<char*> args;
  for (const auto& arg : argv) args.push_back(const_cast<char*>(arg.c_str()));
  args.push_back(nullptr);

  pid_t pid = 0;
  const SpawnSettings settings(out.write_end.get(), err.write_end.get());
  const int failed =
      ::posix_spawnp(&pid, args[0], &settings.files, &settings.attributes, args.data(), environ);
  if (failed != 0) return could_not(argv[0], failed);
  limit(pid, limits);
  out.write_end.close();
  err.write_end.close();
  return Child(pid, out, err, limits.output_bytes_max).wait(limits.time_max);
}

void allow_many_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  // Not all there may be: some programs walk all numbers up to the limit.
  constexpr rlim_t kFilesEnough = 65'536;
  files.rlim_cur = std::max(files.rlim_cur, std::min(files.rlim_max, kFilesEnough));
  ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace haneul
