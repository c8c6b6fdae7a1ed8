#include "services/keystone/dialect.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/id.h"
#include "base/text.h"
#include "json/writer.h"
#include "resource/resource.h"
#include "resource/service.h"

namespace haneul::keystone {
namespace {

struct Status {
  int code;
  std::string_view title;
};

Status status_of(Fault::Kind kind) {
  using Kind = Fault::Kind;
  switch (kind) {
    case Kind::bad_request:
      return {400, "Bad Request"};
    case Kind::unauthorized:
      return {401, "Unauthorized"};
    case Kind::forbidden:
    case Kind::over_quota:
      return {403, "Forbidden"};
    case Kind::not_found:
      return {404, "Not Found"};
    case Kind::method_not_allowed:
      return {405, "Method Not Allowed"};
    case Kind::not_acceptable:
      return {406, "Not Acceptable"};
    case Kind::conflict:
      return {409, "Conflict"};
    case Kind::gone:
      return {410, "Gone"};
    case Kind::precondition_failed:
      return {412, "Precondition Failed"};
    case Kind::too_large:
      return {413, "Request Entity Too Large"};
    case Kind::unsupported_media:
      return {415, "Unsupported Media Type"};
    case Kind::range_not_satisfiable:
      return {416, "Requested Range Not Satisfiable"};
    case Kind::too_many:
      return {429, "Too Many Requests"};
    case Kind::not_implemented:
      return {501, "Not Implemented"};
    case Kind::unavailable:
    case Kind::no_room:
      return {503, "Service Unavailable"};
    case Kind::internal:
      break;
  }
  return {500, "Internal Server Error"};
}

std::string request_url(const resource::Call& call) {
  const auto& request = call.request();
  std::string url = call.base_url() + request.path;
  if (!request.raw_query.empty()) url += "?" + request.raw_query;
  return url;
}

std::string next_url(const resource::Call& call, const std::string& marker) {
  std::string query;
  for (const auto& [key, value] : call.query().all()) {
    if (key != "marker") query += percent_encode(key) + "=" + percent_encode(value) + "&";
  }
  return call.base_url() + call.request().path + "?" + query + "marker=" + percent_encode(marker);
}

void write_links(json::Writer& w, const resource::Call& call, const std::string& marker) {
  w.key("links").begin_object();
  w.key("next");
  marker.empty() ? w.null() : w.value(next_url(call, marker));
  w.member("self", request_url(call)).key("previous").null().end_object();
}

}  // namespace

http::Response KeystoneDialect::error(const Fault& fault, const resource::Version&,
                                      const std::string&) const {
  const Status status = status_of(fault.kind());
  json::Writer w;
  w.begin_object().key("error").begin_object();
  w.member("code", status.code).member("message", fault.message());
  w.member("title", status.title).end_object().end_object();
  return http::Response::json(status.code, w.take());
}

void KeystoneDialect::announce(const resource::Version&, http::Headers& headers) const {
  headers.set("Vary", "X-Auth-Token");
}

void KeystoneDialect::finish_error(const http::Request& request, http::Response& response) const {
  if (response.status != 401) return;
  response.headers.set("WWW-Authenticate", fmt::format("Keystone uri=\"{}/identity/v3\"",
                                                       resource::base_url_of(request)));
}

const resource::Paging& KeystoneDialect::paging() const {
  static constexpr resource::Paging kPaging{.unlimited_by_default = true};
  return kPaging;
}

Fault KeystoneDialect::invalid(const resource::Problem& problem) const {
  using Kind = resource::Problem::Kind;
  if (problem.kind == Kind::bad_marker) {
    const std::string* marker = problem.value.text();
    return Fault::not_found(fmt::format("Marker {} could not be found.", marker ? *marker : ""));
  }
  const bool at_top = problem.kind == Kind::no_envelope || problem.kind == Kind::missing ||
                      problem.kind == Kind::unknown || problem.kind == Kind::read_only ||
                      problem.field.empty();
  if (at_top) return Fault::bad_request(problem.in_jsonschema_words());
  return Fault::bad_request(fmt::format("Invalid input for field '{}': {}", problem.field,
                                        problem.in_jsonschema_words()));
}

Fault KeystoneDialect::no_such(const resource::Resource& r, std::string_view key) const {
  if (r.singular == "limit" || r.singular == "registered_limit") {
    const auto what = r.singular == "limit" ? "limit" : "registered limit";
    return Fault::not_found(fmt::format("Could not find {} for {}.", what, key));
  }
  if (r.singular == "identity_provider") return keystone::no_such("Identity Provider", key);
  if (r.singular == "service_provider") return keystone::no_such("Service Provider", key);
  if (r.singular == "consumer") return Fault::not_found("Consumer not found");
  return keystone::no_such(r.singular, key);
}

Fault KeystoneDialect::duplicate(const resource::Resource& r, std::string_view) const {
  return conflict(r.singular, "Duplicate entry");
}

Fault KeystoneDialect::over_quota(const resource::Quota::Over& over) const {
  return Fault::over_quota(
      fmt::format("Unable to create additional {}, maximum of {} already "
                  "exceeded for user.",
                  over.resource, over.limit));
}

Fault KeystoneDialect::refused(std::string_view rule, bool) const {
  return forbidden_action(rule);
}

Fault KeystoneDialect::not_json(std::string_view) const {
  return expected("valid JSON", "request body");
}

std::string KeystoneDialect::new_id(const resource::Resource&) const {
  return new_hex_id();
}

void KeystoneDialect::end_list(json::Writer& w, const resource::Call& call,
                               const resource::Resource&, const resource::PageEnd& end) const {
  write_links(w, call, end.next_marker());
  if (end.more) w.member("truncated", true);
}

void KeystoneDialect::row_links(json::Writer& w, const resource::Call& call,
                                const resource::Resource& r, const std::string& key) const {
  constexpr std::string_view kVersion = "/v3";
  const auto path = fmt::format("{}/{}", r.path.substr(kVersion.size()), percent_encode(key));
  if (r.singular != "identity_provider") return write_self_link(w, call, path);
  const auto self = v3_url(call) + path;
  w.key("links").begin_object().member("self", self);
  w.member("protocols", self + "/protocols").end_object();
}

// Kept as extra attributes by their nouns, but for those that have none.
bool KeystoneDialect::unknown_keys_ignored(const resource::Resource& r) const {
  constexpr std::string_view kClosed[] = {"limit", "registered_limit", "identity_provider",
                                          "service_provider"};
  return std::find(std::begin(kClosed), std::end(kClosed), r.singular) == std::end(kClosed);
}

std::string v3_url(const resource::Call& call) {
  return call.service_url() + "/v3";
}

void write_list_links(json::Writer& w, const resource::Call& call) {
  write_links(w, call, "");
}

void write_self_link(json::Writer& w, const resource::Call& call, std::string_view path) {
  w.key("links").begin_object().member("self", v3_url(call) + std::string(path)).end_object();
}

Fault expected(std::string_view attribute, std::string_view target) {
  return Fault::bad_request(fmt::format(
      "Expecting to find {} in {}. The server could not comply with the request since it is "
      "either malformed or otherwise incorrect. The client is assumed to be in error.",
      attribute, target));
}

Fault forbidden_action(std::string_view action) {
  return Fault::forbidden(
      fmt::format("You are not authorized to perform the requested action: {}.", action));
}

Fault unauthorized() {
  return Fault::unauthorized("The request you have made requires authentication.");
}

Fault no_such(std::string_view what, std::string_view key) {
  return Fault::not_found(fmt::format("Could not find {}: {}.", what, key));
}

Fault conflict(std::string_view type, std::string_view details) {
  return Fault::conflict(
      fmt::format("Conflict occurred attempting to store {} - {}.", type, details));
}

std::optional<access::TargetValue> BodyTarget::get(std::string_view name) const {
  constexpr std::string_view kPrefix = "target.";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  if (!name.starts_with(name_) || !name.substr(name_.size()).starts_with('.')) return std::nullopt;
  const json::Value* value = object_.find(name.substr(name_.size() + 1));
  if (!value) return std::nullopt;
  if (value->is_null()) return access::TargetValue(nullptr);
  if (value->text()) return access::TargetValue(std::string_view(*value->text()));
  if (value->boolean()) return access::TargetValue(*value->boolean());
  if (value->integer()) return access::TargetValue(*value->integer());
  return std::nullopt;
}

}  // namespace haneul::keystone
