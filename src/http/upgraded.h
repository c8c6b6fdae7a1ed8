#pragma once
#include <memory>
#include <string>

#include "http/tls.h"

namespace haneul::http {

// A connection that has left HTTP for a protocol of its own; whoever has this owns the socket.
struct Upgraded {
  int fd = -1;                      // non-blocking, close-on-exec
  std::unique_ptr<TlsSession> tls;  // null without TLS
  std::string early;                // what came right behind the head
};

}  // namespace haneul::http
