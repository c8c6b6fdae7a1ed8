#include "drivers/virt/orphan_reaper.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <pthread.h>
#include <unistd.h>

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>

namespace haneul::virt {
namespace {

constexpr std::chrono::milliseconds kIdle{250};
constexpr std::chrono::milliseconds kHurried{10};

bool some_child_ended() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

std::vector<int> children() {
  std::vector<int> out;
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) {
    std::ifstream in(task.path() / "children");
    for (int pid = 0; in >> pid;) out.push_back(pid);
  }
  return out;
}

}  // namespace

OrphanReaper::OrphanReaper(std::vector<std::string> programs) : programs_(std::move(programs)) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  thread_ = std::thread([this] { work(); });
}

OrphanReaper::~OrphanReaper() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

OrphanReaper::Hurry::Hurry(OrphanReaper& reaper) : reaper_(reaper) {
  const std::lock_guard lock(reaper_.mutex_);
  ++reaper_.hurries_;
  reaper_.wake_.notify_all();
}

OrphanReaper::Hurry::~Hurry() {
  const std::lock_guard lock(reaper_.mutex_);
  --reaper_.hurries_;
}

void OrphanReaper::work() {
  pthread_setname_np(pthread_self(), "virt-reap");
  std::unique_lock lock(mutex_);
  while (!closing_) {
    const bool hurried = hurries_ > 0;
    wake_.wait_for(lock, hurried ? kHurried : kIdle,
                   [&] { return closing_ || (hurries_ > 0) != hurried; });
    lock.unlock();
    reap();
    lock.lock();
  }
}

void OrphanReaper::reap() const {
  if (!some_child_ended()) return;
  for (const int pid : children()) {
    if (is_ours(pid)) ::waitpid(pid, nullptr, WNOHANG);
  }
}

bool OrphanReaper::is_ours(int pid) const {
  const pid_t session = ::getsid(pid);
  if (session < 0 || session == ::getsid(0)) return false;
  std::ifstream in(fmt::format("/proc/{}/comm", pid));
  std::string name;
  std::getline(in, name);
  return std::any_of(programs_.begin(), programs_.end(),
                     [&](const std::string& p) { return name.starts_with(p.substr(0, 15)); });
}

}  // namespace haneul::virt
