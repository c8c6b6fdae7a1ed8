// What the HTTP front itself costs: a server whose handler does nothing.
//
//   http_loop [port] [loop threads] [api threads]
//
// GET / answers two bytes; GET /stream/N answers N bytes from a BodySource; POST /stream reads the
// body as a stream. Measure with, for example, wrk -t1 -c32 -d5 http://127.0.0.1:8080/
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "base/clock.h"
#include "http/message.h"
#include "http/server.h"

namespace {

namespace http = haneul::http;

class Zeros final : public http::BodySource {
 public:
  explicit Zeros(std::uint64_t length) : length_(length), left_(length) {}
  std::size_t read(char*, std::size_t bytes_max) override {
    const std::size_t count = std::min<std::uint64_t>(bytes_max, left_);
    left_ -= count;
    return count;
  }
  std::optional<std::uint64_t> length() const override { return length_; }

 private:
  std::uint64_t length_, left_;
};

class Empty final : public http::Handler {
 public:
  http::BodyPlan plan(const http::Request& head) override {
    return {head.method == "POST" && head.path == "/stream", 1ULL << 40};
  }

  http::Response handle(http::Request& request) override {
    if (request.stream != nullptr) return count(*request.stream);
    constexpr std::string_view kStream = "/stream/";
    if (request.path.starts_with(kStream)) {
      http::Response response;
      const auto length = std::strtoull(request.path.c_str() + kStream.size(), nullptr, 10);
      response.stream = std::make_shared<Zeros>(length);
      return response;
    }
    return http::Response::json(200, "{}");
  }

 private:
  static http::Response count(http::BodyReader& body) {
    const auto buffer = std::make_unique_for_overwrite<char[]>(kPieceBytes);
    std::uint64_t total = 0;
    while (const std::size_t got = body.read(buffer.get(), kPieceBytes)) total += got;
    return http::Response::json(200, std::to_string(total) + "\n");
  }

  static constexpr std::size_t kPieceBytes = 1024 * 1024;
};

std::size_t argument(int argc, char** argv, int at, std::size_t otherwise) {
  return argc > at ? std::strtoull(argv[at], nullptr, 10) : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  http::ServerOptions options;
  options.loop_threads = argument(argc, argv, 2, 1);
  options.api_threads = argument(argc, argv, 3, 8);
  Empty handler;
  const haneul::SystemClock clock;
  http::Server server(options, handler, clock);
  const auto port = static_cast<std::uint16_t>(argument(argc, argv, 1, 8080));
  std::cout << "port " << server.listen("127.0.0.1", port, "bench") << std::endl;
  server.start();
  int signal = 0;
  sigwait(&signals, &signal);
  const auto stats = server.stats();
  server.stop();
  std::cout << "requests " << stats.requests_total << " busy " << stats.refused_busy_total << "\n";
}
