#include "cli/state_dir.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

#include <fmt/format.h>
#include <sys/stat.h>

namespace haneul::cli {
namespace fs = std::filesystem;

StateDir::StateDir(fs::path path, Missing missing) {
  std::error_code failed;
  path_ = fs::absolute(path, failed);
  if (!fs::is_directory(path_, failed)) {
    if (missing == Missing::stays_missing) return;
    fs::create_directories(path_, failed);
    if (failed) {
      throw std::runtime_error(
          fmt::format("cannot make the state directory {}: {}", path_.string(), failed.message()));
    }
    ::chmod(path_.c_str(), 0700);
  }
  if (::access(path_.c_str(), W_OK | X_OK) != 0) {
    throw std::runtime_error(
        fmt::format("the state directory {} is not writable; use --state DIR", path_.string()));
  }
}

StateDir::~StateDir() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

void StateDir::lock() {
  lock_fd_ = ::open(file("lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (lock_fd_ < 0 || ::fcntl(lock_fd_, F_SETLK, &whole) != 0) {
    throw std::runtime_error(
        fmt::format("another haneul works in {}; stop it with: haneul down --state {}",
                    path_.string(), path_.string()));
  }
}

std::optional<pid_t> StateDir::owner() const {
  const int fd = ::open(file("lock").c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  const bool asked = ::fcntl(fd, F_GETLK, &whole) == 0;
  ::close(fd);
  if (!asked || whole.l_type == F_UNLCK) return std::nullopt;
  // 0 and -1 stand for many processes where signals are sent.
  if (whole.l_pid <= 0) {
    throw std::runtime_error(fmt::format(
        "{} is in use by a process that cannot be seen from here; stop it where it runs",
        path_.string()));
  }
  return whole.l_pid;
}

std::optional<std::string> StateDir::read(const std::string& name) const {
  std::ifstream in(file(name), std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void StateDir::write(const std::string& name, const std::string& content, unsigned mode) const {
  const std::string target = file(name), fresh = target + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  const bool opened = fd >= 0;
  bool good = opened && ::fchmod(fd, mode) == 0;
  for (std::size_t at = 0; good && at < content.size();) {
    const auto n = ::write(fd, content.data() + at, content.size() - at);
    good = n > 0;
    if (good) at += static_cast<std::size_t>(n);
  }
  good = good && ::fsync(fd) == 0;
  if (opened) ::close(fd);
  if (!good || ::rename(fresh.c_str(), target.c_str()) != 0) {
    throw std::runtime_error(fmt::format("cannot write {}: {}", target, std::strerror(errno)));
  }
}

void claim(const StateDir& state, const std::string& what) {
  const auto held = state.read("mode");
  if (!held) return state.write("mode", what);
  if (*held == what) return;
  const auto named = [](const std::string& text) {
    return text.ends_with("agent") ? text : text + " cloud";
  };
  throw std::runtime_error(fmt::format("{} holds a {}; use another --state directory for a {}",
                                       state.path().string(), named(*held), named(what)));
}

fs::path standard_state_dir(bool simulated) {
  const std::string name = simulated ? "haneul-simulated" : "haneul";
  if (::geteuid() == 0) return fs::path("/var/lib") / name;
  if (const char* xdg = std::getenv("XDG_STATE_HOME"); xdg && *xdg) return fs::path(xdg) / name;
  const char* home = std::getenv("HOME");
  return fs::path(home && *home ? home : "/tmp") / ".local/state" / name;
}

fs::path chosen_state_dir(const std::string& asked, bool simulated) {
  return asked.empty() ? standard_state_dir(simulated) : fs::path(asked);
}

}  // namespace haneul::cli
