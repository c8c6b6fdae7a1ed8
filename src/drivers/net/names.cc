#include "drivers/net/names.h"

#include <array>
#include <utility>

namespace haneul::net {
namespace {

constexpr std::array<std::pair<Kind, std::string_view>, 4> kKinds = {{
    {Kind::network, "network"},
    {Kind::port, "port"},
    {Kind::router, "router"},
    {Kind::security_group, "security_group"},
}};

}  // namespace

std::string tap_name(std::string_view port_id) {
  return "tap" + std::string(port_id.substr(0, 11));
}

std::string_view kind_name(Kind kind) {
  for (const auto& [known, name] : kKinds) {
    if (known == kind) return name;
  }
  return "unknown";
}

std::optional<Kind> parse_kind(std::string_view name) {
  for (const auto& [kind, known] : kKinds) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

}  // namespace haneul::net
