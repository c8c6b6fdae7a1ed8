#pragma once
#include <string>

#include <sys/types.h>

namespace haneul::virt {

struct QemuAccount {
  uid_t user = 0;
  gid_t group = 0;
};

// Makes the state directory ready for libvirt's embedded driver: directories, etc/qemu.conf, and
// the account "libvirt-qemu", without which Debian's libvirt does not start even if QEMU runs as
// another user. Must run as root; throws Error. Changes the environment (where libvirt logs): call
// before other threads run.
QemuAccount prepare_state_dir(const std::string& dir, const std::string& qemu_user);

}  // namespace haneul::virt
