#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "http/fwd.h"
#include "http/input_buffer.h"

namespace haneul::http {

// What the head says about the connection and the body.
struct RequestHead {
  bool http_1_1 = true;
  bool keep_alive = true;
  bool chunked = false;
  std::optional<std::uint64_t> length;  // of the body; nothing if chunked or without a body
  bool expects_continue = false;
  bool expects_other = false;  // an expectation nobody knows
};

// Turns bytes into Requests; Beast stays inside request_parser.cc. What two parsers could read
// differently (both Content-Length and Transfer-Encoding, repeated lengths, other transfer
// codings, a missing or repeated Host) is refused.
class RequestParser {
 public:
  enum class Step { more, done, bad, too_long };

  // The bytes of a head, request line and blank line included, are limited to `header_bytes_max`.
  explicit RequestParser(std::size_t header_bytes_max);
  ~RequestParser();

  // Before each request. `request` is filled by parse_head and must stay where it is.
  void reset(Request& request);
  // Takes what it can from `in`; `done` when the head is complete, the body is left in `in`.
  Step parse_head(InputBuffer& in);
  // Something of a head has arrived.
  bool started() const;
  const RequestHead& head() const;

  // After a chunked head: moves at most `bytes_max` decoded bytes to `out` and says how many in
  // *count. `more` if it wants more input or more room (then *count == bytes_max).
  Step decode(InputBuffer& in, char* out, std::size_t bytes_max, std::size_t* count);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace haneul::http
