#include "bus/door.h"

#include <algorithm>
#include <exception>

#include <openssl/crypto.h>

#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "http/upgraded.h"

namespace haneul::bus {
namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr std::size_t kNameBytesMax = 253;  // as a host name's

http::Response say(int status, std::string why) {
  http::Response response = http::Response::empty(status);
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(why) + "\n";
  return response;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.' || c == '_';
         });
}

}  // namespace

bool knows_secret(const http::Request& request, std::string_view secret) {
  std::string_view given = request.headers.get("Authorization");
  if (!given.starts_with(kBearer)) return false;
  given.remove_prefix(kBearer.size());
  return given.size() == secret.size() &&
         CRYPTO_memcmp(given.data(), secret.data(), secret.size()) == 0;
}

Door::Door(WireBus& bus, std::string secret, Taken taken)
    : bus_(bus), secret_(std::move(secret)), taken_(std::move(taken)) {}

http::Response Door::open(const http::Request& request) {
  if (!knows_secret(request, secret_)) {
    log::warning("an agent was turned away: it does not know the secret", {{"peer", request.peer}});
    return say(401, "the secret is not this controller's");
  }
  if (request.method != "GET" || request.headers.get("Upgrade") != kProtocol) {
    http::Response response = say(426, "this controller speaks " + std::string(kProtocol));
    response.headers.add("Upgrade", std::string(kProtocol));
    return response;
  }
  const Caller caller{std::string(request.headers.get("X-Haneul-Node")), request.peer,
                      std::string(request.headers.get("X-Haneul-Instance"))};
  if (!is_name(caller.node) || !is_uuid_like(caller.instance)) {
    return say(400, "a host's name is made of letters, digits, dots, hyphens and underscores");
  }
  if (const auto why = taken_(caller.node)) return say(409, *why);
  if (const auto why = bus_.objection(caller)) return say(409, *why);
  http::Response response = http::Response::empty(101);
  response.headers.add("Upgrade", std::string(kProtocol));
  response.upgrade = [this, caller](http::Upgraded wire) {
    try {
      bus_.adopt(std::move(wire), caller);
    } catch (const std::exception& e) {
      log::error("an agent's connection could not be watched", {{"error", e.what()}});
    }
  };
  return response;
}

}  // namespace haneul::bus
