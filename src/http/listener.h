#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "http/front.h"
#include "http/loop.h"

namespace haneul::http {

// Binds and listens; throws std::runtime_error with a sentence for the user. The address is a
// numeric IPv4 or IPv6 one or a name. Port 0 takes any. Returns the descriptor and the port.
std::pair<int, std::uint16_t> bind_and_listen(const std::string& address, std::uint16_t port);

// Accepts on one listening socket.
class Listener final : public Readiness, public std::enable_shared_from_this<Listener> {
 public:
  // Gets each accepted socket (close-on-exec, non-blocking) and the peer's address.
  using Accept = std::function<void(int fd, const std::shared_ptr<Origin>&, std::string peer)>;

  // Takes over the descriptor.
  Listener(Loop& loop, int fd, std::shared_ptr<Origin> origin, Accept accept);

  const std::string& label() const { return origin_->label; }
  Origin& origin() { return *origin_; }
  Loop& loop() { return loop_; }
  // Loop thread (or any before the loop runs).
  void start() { descriptor_.await_readable(shared_from_this()); }
  void close();
  void ready() override;

 private:
  Loop& loop_;
  Descriptor descriptor_;
  const std::shared_ptr<Origin> origin_;
  const Accept accept_;
  bool closed_ = false;
  int spare_ = -1;  // given up for a moment when descriptors run out
};

}  // namespace haneul::http
