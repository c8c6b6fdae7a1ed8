#include "services/neutron/dialect.h"

#include <limits>

#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"
#include "resource/call.h"
#include "resource/webob.h"
#include "services/neutron/errors.h"

namespace haneul::neutron {
namespace {

struct Status {
  Fault::Kind kind;
  int code;
  std::string_view type;  // where the fault has no name of its own
};

constexpr Status kStatuses[] = {
    {Fault::Kind::bad_request, 400, "HTTPBadRequest"},
    {Fault::Kind::unauthorized, 401, "HTTPUnauthorized"},
    {Fault::Kind::forbidden, 403, "HTTPForbidden"},
    {Fault::Kind::not_found, 404, "HTTPNotFound"},
    {Fault::Kind::method_not_allowed, 405, "HTTPMethodNotAllowed"},
    {Fault::Kind::not_acceptable, 406, "HTTPNotAcceptable"},
    {Fault::Kind::conflict, 409, "HTTPConflict"},
    {Fault::Kind::over_quota, 409, "OverQuota"},
    {Fault::Kind::gone, 410, "HTTPGone"},
    {Fault::Kind::precondition_failed, 412, "HTTPPreconditionFailed"},
    {Fault::Kind::too_large, 413, "HTTPRequestEntityTooLarge"},
    {Fault::Kind::unsupported_media, 415, "HTTPUnsupportedMediaType"},
    {Fault::Kind::too_many, 429, "HTTPTooManyRequests"},
    {Fault::Kind::not_implemented, 501, "HTTPNotImplemented"},
    {Fault::Kind::unavailable, 503, "HTTPServiceUnavailable"},
    {Fault::Kind::no_room, 507, "HTTPInsufficientStorage"},
};

Status status_of(Fault::Kind kind) {
  for (const Status& s : kStatuses) {
    if (s.kind == kind) return s;
  }
  return {Fault::Kind::internal, 500, "HTTPInternalServerError"};
}

}  // namespace

http::Response Dialect::error(const Fault& fault, const resource::Version&,
                              const std::string&) const {
  const Status status = status_of(fault.kind());
  const std::string_view message = status.code == 500
                                       ? std::string_view(
                                             "Request Failed: internal server error while "
                                             "processing your request.")
                                       : std::string_view(fault.message());
  json::Writer w;
  w.begin_object().key("NeutronError").begin_object();
  w.member("type", fault.name().empty() ? status.type : std::string_view(fault.name()));
  w.member("message", message).member("detail", "");
  w.end_object().end_object();
  return http::Response::json(status.code, w.take());
}

// A missing token is refused before Neutron is reached.
http::Response Dialect::error_for(const http::Request& request, const Fault& fault,
                                  const resource::Version& version,
                                  const std::string& request_id) const {
  if (fault.kind() == Fault::Kind::unauthorized) return resource::token_refused(request);
  return error(fault, version, request_id);
}

const resource::Paging& Dialect::paging() const {
  static constexpr resource::Paging kPaging{
      .page_max = std::numeric_limits<std::int64_t>::max() - 1,
      .unlimited_by_default = true,
      .each_key_has_dir = true,
      .marker_needs_limit = true,
      .reverse = "page_reverse"};
  return kPaging;
}

namespace {

using resource::Problem;

std::string quoted(const std::vector<std::string>& words) {
  std::string out = "[";
  for (const auto& word : words) out += fmt::format("{}'{}'", out.size() > 1 ? ", " : "", word);
  return out + "]";
}

// What is wrong with a list's query string.
// upstream: openstack/neutron:neutron/api/api_common.py
Fault invalid_query(const Dialect& dialect, const Problem& problem) {
  using Kind = Problem::Kind;
  switch (problem.kind) {
    case Kind::unknown_filters:
      return http_bad_request(
          fmt::format("{} is invalid attribute for filtering", quoted(problem.keys)));
    case Kind::not_sort_keys:
      return http_bad_request(
          fmt::format("{} is invalid attribute for sort_keys", quoted(problem.keys)));
    case Kind::not_sort_dirs:
      return http_bad_request(
          fmt::format("{} is invalid value for sort_dirs, valid value is 'asc' and 'desc'",
                      quoted(problem.keys)));
    case Kind::sort_dirs_count:
      return http_bad_request("The number of sort_keys and sort_dirs must be same");
    case Kind::bad_limit:
      return bad_request("limit", fmt::format("Limit must be an integer 0 or greater and not '{}'",
                                              *problem.value.text()));
    default:
      return dialect.no_such(*problem.noun, *problem.value.text());
  }
}

}  // namespace

Fault Dialect::invalid(const Problem& problem) const {
  using Kind = Problem::Kind;
  switch (problem.kind) {
    case Kind::no_envelope:
      return http_bad_request(fmt::format("Unable to find '{}' in request body", problem.field));
    case Kind::missing:
      return http_bad_request(fmt::format(
          "Failed to parse request. Required attribute '{}' not specified", problem.field));
    case Kind::unknown:
      return http_bad_request(
          fmt::format("Unrecognized attribute(s) '{}'",
                      problem.keys.empty() ? problem.field : haneul::join(problem.keys, ", ")));
    case Kind::read_only:
      return http_bad_request(
          problem.on_update ? fmt::format("Cannot update read-only attribute {}", problem.field)
                            : fmt::format("Attribute '{}' not allowed in POST", problem.field));
    case Kind::not_an_object:
      return http_bad_request(
          problem.field.empty() ? std::string("Body contains invalid data")
                                : fmt::format("Object '{}' contains invalid data", problem.field));
    case Kind::wrong_type:
      return http_bad_request(fmt::format("Invalid input for {}. Reason: '{}' is not a valid {}.",
                                          problem.field, shown(problem.value), problem.expected));
    case Kind::unknown_filters:
    case Kind::not_sort_keys:
    case Kind::not_sort_dirs:
    case Kind::sort_dirs_count:
    case Kind::bad_limit:
    case Kind::bad_marker:
      return invalid_query(*this, problem);
    default:
      break;
  }
  return http_bad_request(fmt::format("Invalid input for {}. Reason: {}.", problem.field,
                                      problem.in_jsonschema_words()));
}

Fault Dialect::no_such(const resource::Resource& resource, std::string_view key) const {
  const auto noun = resource.singular;
  if (noun == "network") return network_not_found(key);
  if (noun == "subnet") return subnet_not_found(key);
  if (noun == "port") return port_not_found(key);
  if (noun == "router") return router_not_found(key);
  if (noun == "security_group") return security_group_not_found(key);
  struct Words {
    std::string_view noun, type, format;
  };
  static constexpr Words kWords[] = {
      {"security_group_rule", "SecurityGroupRuleNotFound", "Security group rule {} does not exist"},
      {"floatingip", "FloatingIPNotFound", "Floating IP {} could not be found"},
      {"subnetpool", "SubnetPoolNotFound", "Subnet pool {} could not be found."},
      {"address_scope", "AddressScopeNotFound", "Address scope {} could not be found"},
      {"rbac_policy", "RbacPolicyNotFound", "RBAC policy of type network with ID {} not found"},
      {"agent", "AgentNotFound", "Agent {} could not be found"},
  };
  for (const Words& w : kWords) {
    if (w.noun != noun) continue;
    return Fault::not_found(fmt::format(fmt::runtime(w.format), key)).named(std::string(w.type));
  }
  return hidden();
}

Fault Dialect::over_quota(const resource::Quota::Over& over) const {
  return Fault::over_quota(fmt::format("Quota exceeded for resources: ['{}'].", over.resource))
      .named("OverQuota");
}

Fault Dialect::duplicate(const resource::Resource& resource, std::string_view) const {
  return Fault::conflict(fmt::format("There is a {} like that already.", resource.singular))
      .named("Conflict");
}

Fault Dialect::refused(std::string_view rule, bool seen) const {
  if (!seen) return hidden();
  return Fault::forbidden(fmt::format("rule:{} is disallowed by policy", rule))
      .named("PolicyNotAuthorized");
}

Fault Dialect::refused_among(std::string_view rule, const std::vector<std::string>& asked,
                             bool seen) const {
  if (!seen || asked.size() < 2) return refused(rule, seen);
  std::string words;
  for (const auto& one : asked)
    words += fmt::format("{}rule:{}", words.empty() ? "" : " and ", one);
  return Fault::forbidden(fmt::format("({}) is disallowed by policy", words))
      .named("PolicyNotAuthorized");
}

Fault Dialect::wrong_method() const {
  return Fault(Fault::Kind::method_not_allowed,
               "The method specified is not allowed for this resource.");
}

Fault Dialect::not_json(std::string_view) const {
  return http_bad_request("Body contains invalid data");
}

bool Dialect::sees_all(const resource::Call& call) const {
  return call.has_caller() && call.allowed("context_is_admin");
}

}  // namespace haneul::neutron
