#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/input_buffer.h"
#include "json/value.h"

namespace haneul::bus {

// One message on a connection: four bytes of length, most significant first, then so many bytes of
// JSON: [kind, id, name, milliseconds, body].
struct Frame {
  enum class Kind { ping, order, answer, failure, event };
  Kind kind = Kind::ping;
  std::uint64_t id = 0;  // of an order; its answer or failure has the same
  std::string name;      // the method, the event, or how it failed
  Duration time_left{};  // of an order
  json::Value body;
};

std::string encode(const Frame& frame);

// The peer does not speak this protocol, or says more than is allowed: end the connection.
class Malformed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Cuts received bytes into frames.
class FrameReader {
 public:
  explicit FrameReader(std::size_t frame_bytes_max) : frame_bytes_max_(frame_bytes_max) {}

  // Put received bytes here.
  http::InputBuffer& input() { return input_; }
  // The next whole frame, if there is one. Throws Malformed.
  std::optional<Frame> next();

 private:
  const std::size_t frame_bytes_max_;
  http::InputBuffer input_;
};

}  // namespace haneul::bus
