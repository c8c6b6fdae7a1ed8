#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bus/wire_bus.h"
#include "http/message.h"

namespace haneul::bus {

inline constexpr std::string_view kAgentPath = "/agent/v1";
inline constexpr std::string_view kProtocol = "haneul-bus-1";  // the Upgrade header's value

// Whether a request carries the secret; takes as long whatever was guessed.
bool knows_secret(const http::Request& request, std::string_view secret);

// The controller's side of a connection's beginning, an HTTP request:
//
//   GET /agent/v1        Upgrade: haneul-bus-1      Authorization: Bearer SECRET
//   X-Haneul-Node: NAME  X-Haneul-Instance: UUID
//
// 101 and the connection belongs to the bus; else a sentence as plain text with 400 (malformed),
// 401 (wrong secret), 409 (the name is taken), 426 (another version of the protocol) or 503.
class Door {
 public:
  // `taken` may say why a name cannot be an agent's.
  using Taken = std::function<std::optional<std::string>(const std::string& node)>;
  Door(WireBus& bus, std::string secret, Taken taken);

  http::Response open(const http::Request& request);

 private:
  WireBus& bus_;
  const std::string secret_;
  const Taken taken_;
};

}  // namespace haneul::bus
