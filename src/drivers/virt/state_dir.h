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
// another user. A QEMU user that may not open an existing /dev/kvm is refused: libvirt would ask
// QEMU for its abilities again and again, without end. Must run as root; throws Error. Changes the
// environment (where libvirt logs): call before other threads run.
QemuAccount prepare_state_dir(const std::string& dir, const std::string& qemu_user);

// Forgets the running state libvirt noted for guests whose process is gone. libvirt would do so
// too, but kill whatever has the number of that process now: after the host has been started anew,
// or in a container that was. And where this process was killed while a guest began, before there
// was a process of it, libvirt would hold that guest's lock for ever.
void forget_dead_guests(const std::string& dir);

}  // namespace haneul::virt
