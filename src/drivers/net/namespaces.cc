#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <sched.h>
#include <thread>

#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "drivers/net/descriptor.h"
#include "drivers/net/driver.h"
#include "drivers/net/links.h"

namespace haneul::net {
namespace {

constexpr int kBacklog = 128;
const std::string kNamespaces = "/run/netns/";

[[noreturn]] void fail(const std::string& what, const std::string& name) {
  throw Error("cannot " + what + " " + name + ": " + std::strerror(errno));
}

// A thread's namespace cannot be left for sure, so the thread that entered it ends.
void within(const std::string& name, const std::function<void()>& work) {
  std::exception_ptr failure;
  std::thread visitor([&] {
    try {
      const Descriptor file(::open((kNamespaces + name).c_str(), O_RDONLY | O_CLOEXEC));
      if (!file || ::setns(file.get(), CLONE_NEWNET) != 0) fail("enter namespace", name);
      work();
    } catch (const Error&) {
      failure = std::current_exception();
    }
  });
  visitor.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

bool namespace_exists(const std::string& name) {
  std::error_code ignored;
  return std::filesystem::exists(kNamespaces + name, ignored);
}

std::vector<std::string> list_namespaces(std::string_view prefix) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(kNamespaces, ignored)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(prefix)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void make_namespace(const std::string& name) {
  if (!namespace_exists(name)) run_ip({"netns", "add", name});
}

void remove_namespace(const std::string& name) {
  if (namespace_exists(name)) run_ip({"netns", "del", name});
}

void stop_checksum_offload(const std::string& in_namespace, const std::string& name) {
  within(in_namespace, [&name] {
    const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ethtool_value off{ETHTOOL_STXCSUM, 0};
    ifreq request{};
    std::memcpy(request.ifr_name, name.c_str(), std::min(name.size() + 1, sizeof request.ifr_name));
    request.ifr_data = reinterpret_cast<char*>(&off);
    if (::ioctl(socket.get(), SIOCETHTOOL, &request) != 0) fail("stop checksum offload of", name);
  });
}

int listen_in_namespace(const std::string& name, const std::string& address, std::uint16_t port) {
  Descriptor listener;
  within(name, [&] {
    listener.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!listener) fail("open a socket in", name);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_port = htons(port);
    if (::inet_pton(AF_INET, address.c_str(), &here.sin_addr) != 1) {
      throw Error("not an address to listen on: " + address);
    }
    const int yes = 1;
    ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
    if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&here), sizeof here) != 0 ||
        ::listen(listener.get(), kBacklog) != 0) {
      fail("listen on " + address + " in", name);
    }
  });
  return listener.release();
}

}  // namespace haneul::net
