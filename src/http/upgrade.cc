#include "http/upgrade.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <poll.h>
#include <stdexcept>
#include <unistd.h>

#include <curl/curl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/text.h"
#include "http/transport.h"

namespace haneul::http {
namespace {

using IoState = IoResult::State;

constexpr std::size_t kAnswerBytesMax = 16 * 1024;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

struct Url {
  bool tls = false;
  std::string host, port, path;
};

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

Url parse_url(const std::string& text) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
  const bool good = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
  Url out;
  const auto scheme = good ? part_of(url.get(), CURLUPART_SCHEME) : "";
  out.tls = scheme == "https";
  if (!out.tls && scheme != "http")
    throw std::runtime_error(text + " is no http:// or https:// URL");
  out.host = part_of(url.get(), CURLUPART_HOST);
  if (out.host.starts_with('[')) out.host = out.host.substr(1, out.host.size() - 2);
  out.port = part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  out.path = part_of(url.get(), CURLUPART_PATH);
  return out;
}

// A socket under way to become Upgraded; everything against one deadline.
class Dialled {
 public:
  explicit Dialled(Duration time_max) : end_(clock_.steady() + time_max) {}
  ~Dialled() {
    if (fd_ >= 0) ::close(fd_);
  }
  Dialled(const Dialled&) = delete;
  Dialled& operator=(const Dialled&) = delete;

  void connect(const Url& url);
  void secure(const Url& url, const std::string& ca_pem);
  void send(std::string_view bytes);
  std::string receive();  // some bytes; empty at the end
  Upgraded release(std::string early);

 private:
  bool connect_to(const addrinfo& address);
  void wait(short events);
  void wait(IoState state) { wait(state == IoState::want_write ? POLLOUT : POLLIN); }

  const SystemClock clock_;
  const Duration end_;
  int fd_ = -1;
  std::unique_ptr<Transport> io_;
};

void Dialled::wait(short events) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - clock_.steady());
  pollfd watched{fd_, events, 0};
  const int count = left.count() > 0 ? ::poll(&watched, 1, static_cast<int>(left.count())) : 0;
  if (count == 0) throw std::runtime_error("it does not answer in time");
}

bool Dialled::connect_to(const addrinfo& address) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return false;
  if (::connect(fd_, address.ai_addr, address.ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS) return false;
  wait(POLLOUT);
  socklen_t length = sizeof(errno);
  int error = 0;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
  errno = error;
  return error == 0;
}

void Dialled::connect(const Url& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found);
  if (error != 0) throw std::runtime_error(url.host + ": " + gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> guard(found, ::freeaddrinfo);
  bool connected = false;
  for (const addrinfo* a = found; a != nullptr && !connected; a = a->ai_next) {
    connected = connect_to(*a);
  }
  if (!connected) throw std::runtime_error(std::strerror(errno));
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  io_ = std::make_unique<Transport>(fd_, nullptr);
}

void Dialled::secure(const Url& url, const std::string& ca_pem) {
  const TlsTrust trust(ca_pem);
  auto session = trust.connect(fd_, url.host);
  if (!session) throw std::runtime_error("OpenSSL has no memory");
  for (;;) {
    const IoResult result = session->handshake();
    if (result.state == IoState::moved) break;
    if (result.state == IoState::ended) {
      const std::string why = session->refusal();
      throw std::runtime_error("TLS failed" + (why.empty() ? why : ": " + why));
    }
    wait(result.state);
  }
  io_ = std::make_unique<Transport>(fd_, std::move(session));
}

void Dialled::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const IoResult result = io_->write(bytes, {});
    if (result.state == IoState::ended) throw std::runtime_error("it closed the connection");
    if (result.state == IoState::moved) {
      bytes.remove_prefix(result.bytes);
    } else {
      wait(result.state);
    }
  }
}

std::string Dialled::receive() {
  char bytes[4096];
  for (;;) {
    const IoResult result = io_->read(bytes, sizeof(bytes));
    if (result.state == IoState::moved) return {bytes, result.bytes};
    if (result.state == IoState::ended) return {};
    wait(result.state);
  }
}

Upgraded Dialled::release(std::string early) {
  return {std::exchange(fd_, -1), io_->release_session(io_->fd()), std::move(early)};
}

std::string head_of(const UpgradeRequest& request, const Url& url) {
  const bool v6 = url.host.find(':') != std::string::npos;
  std::string head = "GET " + url.path + " HTTP/1.1\r\nHost: " + (v6 ? "[" : "") + url.host +
                     (v6 ? "]:" : ":") + url.port +
                     "\r\nConnection: Upgrade\r\nUpgrade: " + request.protocol + "\r\n";
  for (const auto& [name, value] : request.headers) head += name + ": " + value + "\r\n";
  return head + "\r\n";
}

// How long the body will be, as far as the head says.
std::size_t length_in(std::string_view head) {
  for (const auto line : split(head, '\n')) {
    const auto colon = line.find(':');
    if (colon == line.npos || !iequals(line.substr(0, colon), "Content-Length")) continue;
    return static_cast<std::size_t>(parse_int(trim(line.substr(colon + 1))).value_or(0));
  }
  return 0;
}

UpgradeAnswer exchange(const UpgradeRequest& request) {
  const Url url = parse_url(request.url);
  Dialled dialled(request.time_max);
  dialled.connect(url);
  if (url.tls) dialled.secure(url, request.ca_pem);
  dialled.send(head_of(request, url));
  std::string got;
  std::size_t wanted = kAnswerBytesMax, end = std::string::npos;
  while (got.size() < wanted) {
    const std::string more = dialled.receive();
    if (more.empty()) break;
    got += more;
    end = got.find(kHeadEnd);
    if (end == std::string::npos) continue;
    wanted = end + kHeadEnd.size() + std::min(length_in(got.substr(0, end)), kAnswerBytesMax);
    if (got.starts_with("HTTP/1.1 101")) break;
  }
  const auto status =
      parse_int(std::string_view(got).substr(std::min<std::size_t>(9, got.size()), 3));
  if (!status || end == std::string::npos) throw std::runtime_error("it does not speak HTTP");
  UpgradeAnswer answer{static_cast<int>(*status), got.substr(end + kHeadEnd.size()), std::nullopt};
  if (answer.status == 101) answer.taken = dialled.release(std::move(answer.body));
  return answer;
}

}  // namespace

Result<UpgradeAnswer> ask_upgrade(const UpgradeRequest& request) {
  try {
    return exchange(request);
  } catch (const std::runtime_error& e) {
    return Failure{e.what()};
  }
}

}  // namespace haneul::http
