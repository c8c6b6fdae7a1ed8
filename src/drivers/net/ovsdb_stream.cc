#include "drivers/net/ovsdb_stream.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/text.h"
#include "drivers/net/descriptor.h"
#include "drivers/net/driver.h"

namespace haneul::net::ovsdb {
namespace {

using SteadyClock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& endpoint, int why) {
  throw Error("cannot connect to " + endpoint + ": " + std::strerror(why));
}

bool wait_for(int socket, short event, SteadyClock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    if (left.count() <= 0) return false;
    pollfd file{socket, event, 0};
    const int ready = ::poll(&file, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

// A path too long for sockaddr_un is reached through its directory's descriptor.
int connect_unix(const std::string& endpoint, const std::string& path) {
  Descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made) fail(endpoint, errno);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string name = path;
  Descriptor folder;
  if (name.size() >= sizeof address.sun_path) {
    const auto slash = path.rfind('/');
    folder.reset(::open(path.substr(0, slash + 1).c_str(), O_PATH | O_CLOEXEC));
    if (!folder) fail(endpoint, errno);
    name = "/proc/self/fd/" + std::to_string(folder.get()) + path.substr(slash);
    if (name.size() >= sizeof address.sun_path) fail(endpoint, ENAMETOOLONG);
  }
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  if (::connect(made.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail(endpoint, errno);
  }
  return made.release();
}

int connect_tcp(const std::string& endpoint, const std::string& host_port,
                std::chrono::milliseconds time_max) {
  const auto colon = host_port.rfind(':');
  const auto port =
      colon == std::string::npos ? std::nullopt : parse_int(host_port.substr(colon + 1));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (!port || *port < 1 || *port > 65535 ||
      ::inet_pton(AF_INET, host_port.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    throw Error("not an address of a database: " + endpoint);
  }
  address.sin_port = htons(static_cast<std::uint16_t>(*port));
  Descriptor made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made) fail(endpoint, errno);
  if (::connect(made.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    if (errno != EINPROGRESS) fail(endpoint, errno);
    if (!wait_for(made.get(), POLLOUT, SteadyClock::now() + time_max)) fail(endpoint, ETIMEDOUT);
    int why = 0;
    socklen_t size = sizeof why;
    ::getsockopt(made.get(), SOL_SOCKET, SO_ERROR, &why, &size);
    if (why != 0) fail(endpoint, why);
  }
  return made.release();
}

}  // namespace

bool Splitter::feed(std::string_view bytes, const std::function<void(std::string_view)>& got) {
  held_.append(bytes);
  std::size_t start = 0;
  for (; scanned_ < held_.size(); ++scanned_) {
    const char c = held_[scanned_];
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
      continue;
    }
    if (c == '{' || c == '[') {
      if (depth_ == 0 && c == '[') return false;
      if (depth_++ == 0) start = scanned_;
    } else if (depth_ == 0) {
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return false;
      start = scanned_ + 1;
    } else if (c == '"') {
      in_string_ = true;
    } else if ((c == '}' || c == ']') && --depth_ == 0) {
      got(std::string_view(held_).substr(start, scanned_ + 1 - start));
      start = scanned_ + 1;
    }
  }
  held_.erase(0, start);
  scanned_ = held_.size();
  return held_.size() <= message_bytes_max_;
}

int connect_to(const std::string& endpoint, std::chrono::milliseconds time_max) {
  if (endpoint.starts_with("unix:")) return connect_unix(endpoint, endpoint.substr(5));
  if (endpoint.starts_with("tcp:")) return connect_tcp(endpoint, endpoint.substr(4), time_max);
  throw Error("not an address of a database: " + endpoint);
}

void send_all(int socket, std::string_view bytes, std::chrono::milliseconds time_max) {
  const auto deadline = SteadyClock::now() + time_max;
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      if (!wait_for(socket, POLLOUT, deadline)) throw Error("the database takes no requests");
    } else if (errno != EINTR) {
      throw Error(std::string("the connection to the database broke: ") + std::strerror(errno));
    }
  }
}

}  // namespace haneul::net::ovsdb
