#include "drivers/virt/state_dir.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <grp.h>
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
  run({"useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell",
       "/usr/sbin/nologin", "--gid", kAccount, "--comment", "Libvirt Qemu", kAccount});
}

QemuAccount account(const std::string& name) {
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) throw Error(fmt::format("There is no user {} on this host.", name));
  return {entry->pw_uid, entry->pw_gid};
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
  return account(qemu_user);
}

}  // namespace haneul::virt
