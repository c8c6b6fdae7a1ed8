#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/message.h"

namespace haneul::http {

// How the bytes after the head are delimited.
struct Framing {
  enum class Body { none, length, chunked, until_close } body = Body::length;
  std::uint64_t length = 0;
  enum class Connection { silent, keep_alive, close, upgrade } connection = Connection::silent;
};

// Appends status line, headers and the blank line. What the handler says of framing and of the
// connection is left out, since only the server knows; CR, LF and NUL in values become blanks and
// headers with bad names are left out, so that nobody can split an answer.
void append_head(std::string& out, int status, const Headers& headers, const Framing& framing,
                 Instant now);

// The reason phrase of a status code.
std::string_view reason_of(int status);

}  // namespace haneul::http
