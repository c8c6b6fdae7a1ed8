#pragma once
#include <cstdint>
#include <optional>

#include "http/message.h"

namespace haneul::http {

class Connection;

// A request's body read straight from the socket by the handler's thread: the kernel's buffers
// give the back-pressure, nothing is kept in between.
class SocketBody final : public BodyReader {
 public:
  explicit SocketBody(Connection& connection) : connection_(connection) {}

  std::size_t read(char* out, std::size_t bytes_max) override;
  std::optional<std::uint64_t> length() const override;

 private:
  void owe_nothing();
  std::size_t read_sized(char* out, std::size_t bytes_max);
  std::size_t read_chunked(char* out, std::size_t bytes_max);
  std::size_t receive(char* out, std::size_t bytes_max);
  [[noreturn]] void fail(const char* why);

  Connection& connection_;
  std::uint64_t total_ = 0;
  bool failed_ = false;
};

}  // namespace haneul::http
