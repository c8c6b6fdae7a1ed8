#include "services/placement/dialect.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"
#include "resource/webob.h"

namespace haneul::placement {
namespace {

constexpr std::string_view kHeader = "OpenStack-API-Version";
constexpr std::string_view kUndefined = "placement.undefined_code";
constexpr resource::Version kCodesSince{1, 23};

std::string error_json(int status, std::string_view body, const Fault& fault,
                       const resource::Version& version, const std::string& request_id) {
  json::Writer w;
  w.begin_object().key("errors").begin_array().begin_object();
  w.member("status", status).member("title", resource::status_title(status));
  w.member("detail", resource::strip_tags(body));
  if (version >= kCodesSince) {
    w.member("code", fault.name().empty() ? kUndefined : std::string_view(fault.name()));
  }
  w.member("request_id", request_id);
  if (status == 406 && version == resource::Version{}) {
    w.member("max_version", kLast.text()).member("min_version", kFirst.text());
  }
  w.end_object().end_array().end_object();
  return w.take();
}

// What follows "placement" in a header that may name several services; nothing if it does not.
std::optional<std::string> version_text(const http::Headers& headers) {
  const std::string* header = headers.find(kHeader);
  if (!header) return std::nullopt;
  std::optional<std::string> found;
  for (const auto part : split(*header, ',')) {
    const auto text = trim(part);
    const auto blank = text.find(' ');
    if (blank != std::string_view::npos && lower(text.substr(0, blank)) == "placement") {
      found = std::string(trim(text.substr(blank)));
    }
  }
  return found;
}

}  // namespace

http::Response Dialect::error(const Fault& fault, const resource::Version& version,
                              const std::string& request_id) const {
  return error_for(http::Request(), fault, version, request_id);
}

http::Response Dialect::error_for(const http::Request& request, const Fault& fault,
                                  const resource::Version& version,
                                  const std::string& request_id) const {
  if (fault.kind() == Fault::Kind::unauthorized) return resource::token_refused(request);
  const int status = resource::status_of(fault.kind());
  return resource::webob_response(
      request, {.status = status,
                .explanation = resource::webob_explanation(status, request),
                .detail = fault.message(),
                .to_json = [&](const std::string& body) {
                  return error_json(status, body, fault, version, request_id);
                }});
}

// upstream: openstack/microversion-parse:microversion_parse/__init__.py, middleware.py
resource::Version Dialect::negotiate(const http::Headers& headers) const {
  const auto text = version_text(headers);
  if (!text) return kFirst;
  if (*text == "latest") return kLast;
  const auto version = resource::Version::parse(*text);
  if (!version || version->major == 0) {
    throw Fault::bad_request(
        fmt::format("Invalid microversion: invalid version string: {}", *text));
  }
  if (*version < kFirst || *version > kLast || version->major != kLast.major) {
    throw Fault::not_acceptable(
        fmt::format("Invalid microversion: Unacceptable version header: {}", *text));
  }
  return *version;
}

void Dialect::announce(const resource::Version& version, http::Headers& headers) const {
  if (version == resource::Version{}) return;
  headers.set(std::string(kHeader), "placement " + version.text());
  headers.set("Vary", std::string(kHeader));
}

Fault Dialect::invalid(const resource::Problem& problem) const {
  return Fault::bad_request("JSON does not validate: " + problem.in_jsonschema_words());
}

Fault Dialect::no_such(const resource::Resource&, std::string_view key) const {
  return Fault::not_found(fmt::format("No resource provider with uuid {} found", key));
}

Fault Dialect::over_quota(const resource::Quota::Over& over) const {
  return Fault::over_quota(fmt::format("Quota exceeded for {}.", over.resource));
}

Fault Dialect::refused(std::string_view rule, bool) const {
  return Fault::forbidden(fmt::format("Policy does not allow {} to be performed.", rule));
}

Fault Dialect::no_such_path() const { return Fault::not_found(""); }

Fault Dialect::wrong_method() const {
  return {Fault::Kind::method_not_allowed,
          "The method specified is not allowed for this resource."};
}

Fault Dialect::not_json(std::string_view why) const {
  return Fault::bad_request(fmt::format("Malformed JSON: {}", why));
}

std::string http_date(Instant t) {
  const std::time_t seconds = t.seconds();
  std::tm tm{};
  gmtime_r(&seconds, &tm);
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[static_cast<std::size_t>(tm.tm_wday)], tm.tm_mday,
                     kMonths[static_cast<std::size_t>(tm.tm_mon)], tm.tm_year + 1900, tm.tm_hour,
                     tm.tm_min, tm.tm_sec);
}

http::Response answer(const resource::Call& call, int status, std::string body, Instant modified) {
  auto response = http::Response::json(status, std::move(body));
  if (call.since(15)) {
    response.headers.set("Last-Modified", http_date(modified));
    response.headers.set("Cache-Control", "no-cache");
  }
  return response;
}

http::Response no_content(int status) { return http::Response::empty(status); }

void allow_keys(const resource::Call& call, std::initializer_list<std::string_view> keys) {
  for (const auto& [key, value] : call.query().all()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      throw Fault::bad_request(
          fmt::format("Invalid query string parameters: Additional properties are not allowed "
                      "('{}' was unexpected)",
                      key));
    }
  }
}

bool is_symbol(std::string_view text) {
  return !text.empty() && text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
                              std::string_view::npos;
}

bool is_custom(std::string_view name) {
  return name.starts_with("CUSTOM_") && name.size() > 7 && name.size() <= 255 && is_symbol(name);
}

}  // namespace haneul::placement
