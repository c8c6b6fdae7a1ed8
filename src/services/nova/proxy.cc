#include "services/nova/proxy.h"

#include <fmt/format.h>

#include "base/text.h"

namespace haneul::nova {

void need_at_most(const resource::Call& call, int minor_max) {
  if (call.since(minor_max + 1)) throw call.dialect().no_such_path();
}

Proxy::Proxy(const resource::Service& to) : to_(to) {
  for (std::size_t i = 0; i < to.routes().size(); ++i) {
    const resource::Route& route = to.routes()[i];
    // The root of a service, which has no path of its own, is nobody's noun.
    const bool noun = route.action.empty() && !route.pattern.empty();
    if (noun) router_.add(route.method, route.pattern, i);
  }
}

json::Value Proxy::get(resource::Call& call, const std::string& path,
                       const std::string& query) const {
  http::Request request;
  request.method = "GET";
  request.path = path;
  request.raw_query = query;
  return run(call, std::move(request));
}

json::Value Proxy::send(resource::Call& call, std::string_view method, const std::string& path,
                        std::string body, std::string_view content_type) const {
  http::Request request;
  request.method = method;
  request.path = path;
  request.body = std::move(body);
  if (!request.body.empty()) request.headers.set("Content-Type", std::string(content_type));
  return run(call, std::move(request));
}

json::Value Proxy::run(resource::Call& call, http::Request request) const {
  auto match = router_.find(request.method, request.path);
  if (match.kind != http::Router::Match::Kind::found) {
    throw Fault::not_found("The resource could not be found.");
  }
  request.headers.set("Host", std::string(call.request().headers.get("Host")));
  request.tls = call.request().tls;
  request.peer = call.request().peer;
  request.deadline = call.deadline();
  request.target = request.path;
  resource::Call inner({call.world(), to_, request, std::move(match.params),
                        to_.dialect().negotiate(request.headers),
                        std::make_shared<access::Caller>(call.caller()), call.request_id()});
  const http::Response answer = to_.routes()[match.route].handle(inner);
  if (answer.body.empty()) return {};
  auto value = json::parse(answer.body);
  if (!value) throw std::logic_error(fmt::format("no JSON from {}", request.path));
  return std::move(*value);
}

std::string text_at(const json::Value& value, std::string_view key) {
  const json::Value* found = value.at({key});
  return found && found->text() ? *found->text() : std::string();
}

const json::Array& array_at(const json::Value& value, std::string_view key) {
  static const json::Array kNone;
  const json::Value* found = value.at({key});
  return found && found->array() ? *found->array() : kNone;
}

std::string query_of(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string out;
  for (const auto& [key, value] : pairs) {
    if (!out.empty()) out += '&';
    out += percent_encode(key) + "=" + percent_encode(value);
  }
  return out;
}

}  // namespace haneul::nova
