#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace haneul::net::ovsdb {

// Cuts a stream of JSON objects that follow each other without any mark between them.
class Splitter {
 public:
  explicit Splitter(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  // Gives each object that is whole to `got`. False if the stream is not one of objects, or one
  // of them is larger than the limit; useless from then on.
  bool feed(std::string_view bytes, const std::function<void(std::string_view)>& got);

 private:
  const std::size_t message_bytes_max_;
  std::string held_;
  std::size_t scanned_ = 0;
  int depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

// "unix:/path", of any length, or "tcp:address:port". A connected, non-blocking socket that the
// caller owns. Throws Error.
int connect_to(const std::string& endpoint, std::chrono::milliseconds time_max);

// Throws Error when not all could be sent in time; the stream is useless then.
void send_all(int socket, std::string_view bytes, std::chrono::milliseconds time_max);

}  // namespace haneul::net::ovsdb
