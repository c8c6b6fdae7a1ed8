#include "cli/machine.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <netdb.h>
#include <stdexcept>
#include <unistd.h>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/text.h"

namespace haneul::cli {
namespace {
namespace fs = std::filesystem;

// libvirt and QEMU make Unix sockets deep below their directory, whose names may not be longer.
constexpr std::size_t kVirtPathBytesMax = 48;

struct Needed {
  const char* program;
  const char* package;
  Part part;
};
constexpr std::array<Needed, 8> kNeeded = {{{"qemu-system-x86_64", "qemu-system-x86", Part::guests},
                                            {"qemu-img", "qemu-utils", Part::guests},
                                            {"genisoimage", "genisoimage", Part::guests},
                                            {"ip", "iproute2", Part::guests},
                                            {"ovs-vswitchd", "openvswitch-switch", Part::networks},
                                            {"ovsdb-server", "openvswitch-switch", Part::networks},
                                            {"ovn-northd", "ovn-central", Part::networks},
                                            {"ovn-controller", "ovn-host", Part::networks}}};

bool is_installed(const std::string& program) {
  for (const char* directory : {"/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/bin"}) {
    if (::access((fs::path(directory) / program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace

void require_root() {
  if (::geteuid() == 0) return;
  throw std::runtime_error("real guests need root; try --simulated as an ordinary user");
}

void require_machine(bool guests) {
  require_root();
  if (guests) require_installed(Part::guests);
  require_installed(Part::networks);
}

void require_installed(Part part) {
  std::vector<std::string> missing;
  for (const Needed& n : kNeeded) {
    if (n.part == part && !is_installed(n.program) &&
        std::find(missing.begin(), missing.end(), n.package) == missing.end()) {
      missing.emplace_back(n.package);
    }
  }
  if (missing.empty()) return;
  throw std::runtime_error(fmt::format(
      "missing packages: apt-get install --no-install-recommends {}", join(missing, " ")));
}

std::string tag_of(const StateDir& state) {
  if (state.path() == standard_state_dir(false)) return "";
  const std::size_t hash = std::hash<std::string>{}(state.path().string());
  return fmt::format("{:06x}", hash & 0xffffff);
}

VirtDirectory::VirtDirectory(const StateDir& state) : path_(state.file("virt").string()) {
  const fs::path own = path_;
  fs::create_directories(own);
  if (path_.size() <= kVirtPathBytesMax) return;
  path_ = fmt::format("/run/haneul-{}", tag_of(state));
  is_link_ = true;
  std::error_code ignored;
  fs::remove(path_, ignored);
  fs::create_directory_symlink(own, path_);
}

VirtDirectory::~VirtDirectory() {
  std::error_code ignored;
  if (is_link_ && forgotten_) fs::remove(path_, ignored);
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string outward_address() {
  // Of the documentation's networks: routed by default, and nobody's.
  for (const char* somewhere : {"192.0.2.1", "2001:db8::1"}) {
    sockaddr_storage address{};
    auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
    const bool is_v4 = ::inet_pton(AF_INET, somewhere, &v4->sin_addr) == 1;
    if (!is_v4) ::inet_pton(AF_INET6, somewhere, &v6->sin6_addr);
    address.ss_family = is_v4 ? AF_INET : AF_INET6;
    (is_v4 ? v4->sin_port : v6->sin6_port) = htons(9);
    const int fd = ::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    socklen_t size = sizeof(address);
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    const bool found = ::connect(fd, plain, size) == 0 && ::getsockname(fd, plain, &size) == 0;
    ::close(fd);
    std::array<char, NI_MAXHOST> text{};
    if (found &&
        ::getnameinfo(plain, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0) {
      return text.data();
    }
  }
  return "127.0.0.1";
}

}  // namespace haneul::cli
