#include "services/nova/dialect.h"

#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"
#include "resource/call.h"

namespace haneul::nova {
namespace {

using resource::Problem;
using resource::Version;

struct Said {
  int status;
  const char* name;
};

Said said(Fault::Kind kind) {
  switch (kind) {
    case Fault::Kind::bad_request:
      return {400, "badRequest"};
    case Fault::Kind::unauthorized:
      return {401, "unauthorized"};
    case Fault::Kind::over_quota:
    case Fault::Kind::forbidden:
      return {403, "forbidden"};
    case Fault::Kind::not_found:
      return {404, "itemNotFound"};
    case Fault::Kind::method_not_allowed:
      return {405, "badMethod"};
    case Fault::Kind::not_acceptable:
      return {406, "computeFault"};
    case Fault::Kind::precondition_failed:
    case Fault::Kind::conflict:
      return {409, "conflictingRequest"};
    case Fault::Kind::gone:
      return {410, "computeFault"};
    case Fault::Kind::too_large:
      return {413, "overLimit"};
    case Fault::Kind::unsupported_media:
      return {415, "badMediaType"};
    case Fault::Kind::range_not_satisfiable:
      return {416, "computeFault"};
    case Fault::Kind::too_many:
      return {429, "overLimit"};
    case Fault::Kind::not_implemented:
      return {501, "notImplemented"};
    case Fault::Kind::no_room:
    case Fault::Kind::unavailable:
      return {503, "serviceUnavailable"};
    case Fault::Kind::internal:
      break;
  }
  return {500, "computeFault"};
}

// The version a header asks for; nothing if it says nothing about compute.
std::optional<std::string_view> asked_version(const http::Headers& headers) {
  for (const auto& [name, value] : headers.all()) {
    if (!iequals(name, "OpenStack-API-Version")) continue;
    for (const auto part : split(value, ',')) {
      const auto words = trim(part);
      if (words.starts_with("compute ")) return trim(words.substr(8));
    }
  }
  if (const auto* old = headers.find("X-OpenStack-Nova-API-Version")) return trim(*old);
  return std::nullopt;
}

}  // namespace

http::Response Dialect::error(const Fault& fault, const Version&, const std::string&) const {
  const Said s = said(fault.kind());
  json::Writer w;
  w.begin_object();
  // keystonemiddleware answers before Nova does.
  if (s.status == 401) {
    w.key("error").begin_object();
    w.member("message", fault.message()).member("code", 401).member("title", "Unauthorized");
  } else {
    w.key(s.name).begin_object();
    w.member("code", s.status).member("message", fault.message());
  }
  w.end_object().end_object();
  auto response = http::Response::json(s.status, w.take());
  if (s.status == 401) response.headers.set("WWW-Authenticate", "Keystone uri=\"/identity\"");
  return response;
}

Version Dialect::negotiate(const http::Headers& headers) const {
  const auto asked = asked_version(headers);
  if (!asked) return kVersionMin;
  if (*asked == "latest") return kVersionMax;
  const auto version = Version::parse(*asked);
  if (!version) {
    throw Fault::bad_request(fmt::format(
        "API Version String '{}' is of invalid format. Must be of format MajorNum.MinorNum.",
        *asked));
  }
  if (*version < kVersionMin || *version > kVersionMax) {
    throw Fault::not_acceptable(
        fmt::format("Version {} is not supported by the API. Minimum is {} and maximum is {}.",
                    version->text(), kVersionMin.text(), kVersionMax.text()));
  }
  return *version;
}

void Dialect::announce(const Version& version, http::Headers& headers) const {
  const auto text = (version == Version{} ? kVersionMin : version).text();
  headers.set("OpenStack-API-Version", "compute " + text);
  headers.set("X-OpenStack-Nova-API-Version", text);
  headers.set("Vary", "OpenStack-API-Version, X-OpenStack-Nova-API-Version");
  if (const auto* id = headers.find("X-Openstack-Request-Id")) {
    headers.set("X-Compute-Request-Id", std::string(*id));
  }
}

const resource::Paging& Dialect::paging() const {
  static constexpr resource::Paging kPaging{};
  return kPaging;
}

Fault Dialect::invalid(const Problem& p) const {
  if (p.kind == Problem::Kind::bad_marker) {
    return Fault::bad_request(fmt::format("marker [{}] not found", *p.value.text()));
  }
  const bool about_object = p.kind == Problem::Kind::no_envelope ||
                            p.kind == Problem::Kind::missing || p.kind == Problem::Kind::unknown ||
                            p.kind == Problem::Kind::read_only || p.field.empty();
  if (about_object) return Fault::bad_request(p.in_jsonschema_words());
  return Fault::bad_request(fmt::format(
      "Invalid input for field/attribute {}. Value: {}. {}", p.field.substr(p.field.rfind('/') + 1),
      p.value.text() ? *p.value.text() : resource::python_repr(p.value), p.in_jsonschema_words()));
}

Fault Dialect::no_such(const resource::Resource& resource, std::string_view key) const {
  std::string noun(resource.singular);
  if (!noun.empty()) noun[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(noun[0])));
  if (noun == "Server") noun = "Instance";
  return Fault::not_found(fmt::format("{} {} could not be found.", noun, key));
}

Fault Dialect::over_quota(const resource::Quota::Over& over) const {
  return Fault::over_quota(
      fmt::format("Quota exceeded for {}: Requested {}, but already used {} of {} {}",
                  over.resource, over.requested, over.used, over.limit, over.resource));
}

Fault Dialect::refused(std::string_view rule, bool) const {
  return Fault::forbidden(fmt::format("Policy doesn't allow {} to be performed.", rule));
}

void Dialect::end_list(json::Writer& w, const resource::Call& call,
                       const resource::Resource& resource, const resource::PageEnd& end) const {
  write_next_link(w, call, resource.plural, resource.path, end.next_marker());
}

bool Dialect::sees_all(const resource::Call& call) const {
  return call.allowed("context_is_admin");
}

void write_next_link(json::Writer& w, const resource::Call& call, std::string_view plural,
                     std::string_view path, const std::string& next_marker) {
  write_page_link(w, call, fmt::format("{}_links", plural), path, next_marker);
}

void write_page_link(json::Writer& w, const resource::Call& call, std::string_view key,
                     std::string_view path, const std::string& next_marker) {
  if (next_marker.empty()) return;
  std::string query;
  for (const auto& [name, value] : call.query().all()) {
    if (name != "marker") query += percent_encode(name) + "=" + percent_encode(value) + "&";
  }
  query += "marker=" + percent_encode(next_marker);
  w.key(key).begin_array().begin_object();
  w.member("rel", "next").member("href", fmt::format("{}{}?{}", call.service_url(), path, query));
  w.end_object().end_array();
}

void write_row_links(json::Writer& w, const resource::Call& call, std::string_view noun,
                     std::string_view id) {
  const std::string url = call.service_url();
  w.key("links").begin_array();
  w.begin_object().member("rel", "self");
  w.member("href", fmt::format("{}/v2.1/{}/{}", url, noun, id)).end_object();
  w.begin_object().member("rel", "bookmark");
  w.member("href", fmt::format("{}/{}/{}", url, noun, id)).end_object();
  w.end_array();
}

}  // namespace haneul::nova
