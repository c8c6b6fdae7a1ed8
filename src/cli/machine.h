#pragma once
#include <string>

#include "cli/state_dir.h"

namespace haneul::cli {

// What a real cloud and a real agent ask of the machine they run on.

enum class Part { guests, networks };  // hypervisor and switch; the controller's OVN

// Throws std::runtime_error, naming the packages to install, unless this is root and all is there.
void require_root();
void require_installed(Part part);
// All that a real controller asks; `guests` if it is a host as well.
void require_machine(bool guests);

std::string host_name();
// The address by which this machine leaves towards others, of IPv4 if it has one; "127.0.0.1" where
// there is no way out. Sends nothing.
std::string outward_address();
// Tells clouds on one machine apart: nothing for the standard one, else made from the directory.
std::string tag_of(const StateDir& state);

// A path for libvirt that is short enough: a link in /run to the state directory where that is too
// deep. Guests that run use it, whoever comes and goes.
class VirtDirectory {
 public:
  explicit VirtDirectory(const StateDir& state);
  ~VirtDirectory();  // the link stays, unless it is to be forgotten
  VirtDirectory(const VirtDirectory&) = delete;
  VirtDirectory& operator=(const VirtDirectory&) = delete;

  std::string path() const { return path_; }
  // No guest uses it any more.
  void forget() { forgotten_ = true; }

 private:
  std::string path_;
  bool is_link_ = false, forgotten_ = false;
};

}  // namespace haneul::cli
