#include "drivers/virt/state_dir.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <iterator>
#include <pwd.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/process.h"
#include "drivers/virt/driver.h"

namespace haneul::virt {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAccount = "libvirt-qemu";

void run(const std::vector<std::string>& argv) {
  const auto end = run_process(argv);
  if (end && end->ok()) return;
  throw Error(fmt::format("The account {} could not be made: {}.", kAccount,
                          end ? end->reason() : end.reason()));
}

void ensure_account() {
  if (::getgrnam(kAccount) == nullptr) run({"groupadd", "--system", kAccount});
  if (::getpwnam(kAccount) != nullptr) return;
  std::vector<std::string> argv = {"useradd",      "--system",  "--no-create-home",  "--home-dir",
                                   "/nonexistent", "--shell",   "/usr/sbin/nologin", "--gid",
                                   kAccount,       "--comment", "Libvirt Qemu"};
  if (::getgrnam("kvm") != nullptr) argv.insert(argv.end(), {"--groups", "kvm"});
  argv.emplace_back(kAccount);
  run(argv);
}

QemuAccount account(const std::string& name) {
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) throw Error(fmt::format("There is no user {} on this host.", name));
  return {entry->pw_uid, entry->pw_gid};
}

bool may_open_kvm(const std::string& name, const QemuAccount& who) {
  struct stat kvm {};
  if (who.user == 0 || ::stat("/dev/kvm", &kvm) != 0) return true;
  std::array<gid_t, 64> groups{};
  int count = static_cast<int>(groups.size());
  if (::getgrouplist(name.c_str(), who.group, groups.data(), &count) < 0) return false;
  const auto end = groups.begin() + count;
  const auto allows = [&](mode_t bits) { return (kvm.st_mode & bits) == bits; };
  return allows(S_IROTH | S_IWOTH) || (kvm.st_uid == who.user && allows(S_IRUSR | S_IWUSR)) ||
         (std::find(groups.begin(), end, kvm.st_gid) != end && allows(S_IRGRP | S_IWGRP));
}

bool is_process_of(int pid, const std::string& guest_name) {
  std::ifstream in(fmt::format("/proc/{}/cmdline", pid), std::ios::binary);
  const std::string line(std::istreambuf_iterator<char>(in), {});
  return line.find("guest=" + guest_name + ",") != std::string::npos;
}

int pid_in_file(const fs::path& path) {
  int pid = 0;
  std::ifstream(path) >> pid;
  return pid;
}

// <domstatus state='paused' reason='starting up' pid='0'>: 0 until QEMU has been started.
int pid_in_state(const fs::path& path) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.find("<domstatus ") == std::string::npos) continue;
    const auto at = line.find(" pid='");
    return at == std::string::npos ? 0 : std::atoi(line.c_str() + at + 6);
  }
  return 0;
}

// Nobody else may manage these guests, and haneul owns their files: so libvirt is asked for no
// confinement of its own but QEMU's seccomp sandbox, and to leave files as they are.
void write_qemu_conf(const std::string& path, const std::string& user) {
  const std::string part = path + ".part";
  std::ofstream out(part, std::ios::trunc);
  out << fmt::format(
      "# Written by haneul at every start.\n"
      "stdio_handler = \"file\"\n"
      "user = \"{0}\"\n"
      "group = \"{1}\"\n"
      "dynamic_ownership = 0\n"
      "remember_owner = 0\n"
      "security_driver = \"none\"\n"
      "security_default_confined = 0\n"
      "cgroup_controllers = []\n"
      "namespaces = []\n"
      "seccomp_sandbox = 1\n",
      user, user == "root" ? "root" : kAccount);
  out.close();
  if (!out) throw Error("The configuration of QEMU could not be written on this host.");
  fs::rename(part, path);
}

}  // namespace

QemuAccount prepare_state_dir(const std::string& dir, const std::string& qemu_user) {
  if (::geteuid() != 0) throw Error("QEMU guests need root on this host.");
  ensure_account();
  try {
    for (const char* sub : {"", "/etc", "/log", "/guests", "/cache"}) {
      fs::create_directories(dir + sub);
      ::chmod((dir + sub).c_str(), 0711);
    }
    write_qemu_conf(dir + "/etc/qemu.conf", qemu_user);
  } catch (const fs::filesystem_error& e) {
    throw Error(fmt::format("The directory of guests is not usable: {}.", e.code().message()));
  }
  ::setenv("LIBVIRT_LOG_OUTPUTS", fmt::format("3:file:{}/log/libvirt.log", dir).c_str(), 0);
  const QemuAccount who = account(qemu_user);
  if (!may_open_kvm(qemu_user, who)) {
    throw Error(fmt::format("The user {} may not open /dev/kvm on this host.", qemu_user));
  }
  return who;
}

void forget_dead_guests(const std::string& dir) {
  std::error_code error;
  std::vector<fs::path> dead;
  for (const auto& entry : fs::directory_iterator(dir + "/run/qemu", error)) {
    const fs::path& path = entry.path();
    const bool is_state = path.extension() == ".xml";
    if ((!is_state && path.extension() != ".pid") || path.stem() == "driver") continue;
    const int pid = is_state ? pid_in_state(path) : pid_in_file(path);
    if (pid <= 0 || !is_process_of(pid, path.stem())) dead.push_back(path);
  }
  for (fs::path path : dead) {
    fs::remove(path.replace_extension(".pid"), error);
    fs::remove(path.replace_extension(".xml"), error);
  }
}

}  // namespace haneul::virt
