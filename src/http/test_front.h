#pragma once
// For tests only: a handler made of two functions, a server around it, and a blocking client.
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/text.h"
#include "http/message.h"
#include "http/server.h"

namespace haneul::http::test {

class TestHandler final : public Handler {
 public:
  std::function<BodyPlan(const Request&)> on_plan = [](const Request&) { return BodyPlan{}; };
  std::function<Response(Request&)> on_handle = [](Request& request) {
    return Response::json(200, request.method + " " + request.target + " " + request.body);
  };

  BodyPlan plan(const Request& head) override { return on_plan(head); }
  Response handle(Request& request) override {
    ++handled;
    return on_handle(request);
  }

  std::atomic<int> handled{0};
};

struct Answer {
  int status = 0;
  std::string head;
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body;
  bool cut = false;  // the connection ended before the body was complete
};

// Everything has a deadline: a read that takes longer throws.
class Client {
 public:
  static constexpr int kPatienceMillis = 20'000;

  explicit Client(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    open(AF_INET, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  }
  Client(const sockaddr* address, socklen_t length) { open(address->sa_family, address, length); }
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  int fd() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void end_writing() { ::shutdown(fd_, SHUT_WR); }

  // False if the server does not take it any more.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  // False at the end. Anything received is in `buffered`.
  bool receive(int patience_millis = kPatienceMillis) {
    if (!readable(patience_millis)) throw std::runtime_error("the server said nothing in time");
    char bytes[64 * 1024];
    const ssize_t count = ::recv(fd_, bytes, sizeof(bytes), 0);
    if (count <= 0) return false;
    buffered.append(bytes, static_cast<std::size_t>(count));
    return true;
  }
  bool readable(int patience_millis) const {
    pollfd watched{fd_, POLLIN, 0};
    return ::poll(&watched, 1, patience_millis) > 0;
  }

  // The connection ends, or has been reset, without another byte.
  bool ends() {
    while (buffered.empty()) {
      if (!receive()) return true;
    }
    return false;
  }

  std::string line_block() {  // up to and with the next blank line; empty at the end
    for (;;) {
      const auto end = buffered.find("\r\n\r\n");
      if (end != std::string::npos) return take(end + 4);
      if (!receive()) return {};
    }
  }

  Answer answer(bool to_head = false) {
    Answer answer;
    answer.head = line_block();
    if (answer.head.size() < 12) throw std::runtime_error("no answer but: " + buffered);
    answer.status = std::atoi(answer.head.c_str() + 9);
    for (const auto line : split(answer.head, '\n')) {
      const auto colon = line.find(": ");
      if (colon == line.npos) continue;
      answer.headers[lower(line.substr(0, colon))] = trim(line.substr(colon + 2));
    }
    const bool has_body =
        !to_head && answer.status >= 200 && answer.status != 204 && answer.status != 304;
    if (has_body) read_body(answer);
    return answer;
  }

  Answer get(std::string_view target) {
    send("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return answer();
  }

  std::string buffered;

 private:
  void open(int family, const sockaddr* address, socklen_t length) {
    fd_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{kPatienceMillis / 1000, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (::connect(fd_, address, length) != 0) throw std::runtime_error("cannot connect");
  }

  std::string take(std::size_t count) {
    std::string bytes = buffered.substr(0, count);
    buffered.erase(0, count);
    return bytes;
  }

  bool need(std::size_t count) {
    while (buffered.size() < count) {
      if (!receive()) return false;
    }
    return true;
  }

  void read_body(Answer& answer) {
    if (answer.headers.count("content-length") != 0) {
      const auto length = std::strtoull(answer.headers["content-length"].c_str(), nullptr, 10);
      answer.cut = !need(length);
      answer.body = take(length);
    } else if (answer.headers.count("transfer-encoding") != 0) {
      read_chunks(answer);
    } else {
      while (receive()) continue;
      answer.body = take(buffered.size());
    }
  }

  void read_chunks(Answer& answer) {
    for (;;) {
      std::size_t eol = 0;
      while ((eol = buffered.find("\r\n")) == std::string::npos) {
        answer.cut = !receive();
        if (answer.cut) return;
      }
      const auto size = std::strtoull(take(eol + 2).c_str(), nullptr, 16);
      answer.cut = !need(size + 2);
      if (answer.cut) return;
      answer.body += take(size);
      take(2);
      if (size == 0) return;
    }
  }

  int fd_ = -1;
};

// A running server on a port of its own.
struct TestServer {
  explicit TestServer(ServerOptions options = {}) : server(options, handler, clock) {
    port = server.listen("127.0.0.1", 0, "main");
  }
  void start() { server.start(); }

  // Lets time pass in steps of `step` until the client has something to read.
  void pass_time_until_readable(const Client& client, Duration step) {
    for (int i = 0; i < 1000; ++i) {
      if (client.readable(20)) return;
      clock.advance(step);
    }
    throw std::runtime_error("no time-out came");
  }

  ManualClock clock;
  TestHandler handler;
  Server server;
  std::uint16_t port = 0;
};

}  // namespace haneul::http::test
