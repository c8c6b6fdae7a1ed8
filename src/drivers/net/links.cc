#include "drivers/net/links.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <utility>

#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/process.h"
#include "drivers/net/descriptor.h"
#include "drivers/net/driver.h"

namespace haneul::net {
namespace {

constexpr std::chrono::milliseconds kIpTimeMax{10'000};

[[noreturn]] void fail(const std::string& what, const std::string& name) {
  throw Error("cannot " + what + " " + name + ": " + std::strerror(errno));
}

ifreq request_for(const std::string& name) {
  if (name.empty() || name.size() > kLinkNameMax) {
    throw Error("no device can be called \"" + name + "\": 1 to 15 bytes");
  }
  ifreq request{};
  std::memcpy(request.ifr_name, name.c_str(), name.size() + 1);
  return request;
}

Descriptor any_socket() {
  Descriptor made(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!made) fail("open", "a socket");
  return made;
}

bool write_file(const std::string& path, std::string_view text) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return false;
  return ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace

bool link_exists(const std::string& name) {
  std::error_code ignored;
  return std::filesystem::exists("/sys/class/net/" + name, ignored);
}

void make_tap(const std::string& name) {
  if (link_exists(name)) return;
  const Descriptor control(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  if (!control) fail("open", "/dev/net/tun");
  ifreq request = request_for(name);
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  if (::ioctl(control.get(), TUNSETIFF, &request) != 0) fail("make tap device", name);
  if (::ioctl(control.get(), TUNSETPERSIST, 1) != 0) fail("keep tap device", name);
}

void remove_link(const std::string& name) {
  if (!link_exists(name)) return;
  try {
    run_ip({"link", "del", "dev", name});
  } catch (const Error&) {
    if (link_exists(name)) throw;
  }
}

void set_mtu(const std::string& name, std::int64_t mtu) {
  ifreq request = request_for(name);
  request.ifr_mtu = static_cast<int>(mtu);
  if (::ioctl(any_socket().get(), SIOCSIFMTU, &request) != 0) fail("set the MTU of", name);
}

void set_up(const std::string& name) {
  const Descriptor socket = any_socket();
  ifreq request = request_for(name);
  if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) fail("look at device", name);
  if ((request.ifr_flags & IFF_UP) != 0) return;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) fail("bring up", name);
}

void rename_link(const std::string& name, const std::string& fresh) {
  run_ip({"link", "set", "dev", name, "name", fresh});
}

void silence(const std::string& name) {
  // Absent where the kernel has no IPv6.
  write_file("/proc/sys/net/ipv6/conf/" + name + "/disable_ipv6", "1");
}

void set_alias(const std::string& name, std::string_view alias) {
  if (!write_file("/sys/class/net/" + name + "/ifalias", alias)) fail("mark device", name);
}

std::vector<std::pair<std::string, std::string>> links_with_alias(std::string_view prefix) {
  std::vector<std::pair<std::string, std::string>> links;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/class/net", ignored)) {
    std::ifstream file(entry.path() / "ifalias");
    std::string alias;
    std::getline(file, alias);
    if (alias.starts_with(prefix)) links.emplace_back(entry.path().filename(), alias);
  }
  return links;
}

void run_ip(const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {"ip"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const auto end = run_process(argv, {.time_max = kIpTimeMax});
  std::string shown;
  for (const auto& word : argv) shown += shown.empty() ? word : " " + word;
  if (!end) throw Error(shown + ": " + end.reason());
  if (!end->ok()) throw Error(shown + ": " + end->reason());
}

}  // namespace haneul::net
