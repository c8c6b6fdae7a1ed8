#include "services/glance/dialect.h"

#include <fmt/format.h>

#include "resource/webob.h"

namespace haneul::glance {

http::Response Dialect::error(const Fault& fault, const resource::Version& version,
                              const std::string& request_id) const {
  return error_for(http::Request(), fault, version, request_id);
}

http::Response Dialect::error_for(const http::Request& request, const Fault& fault,
                                  const resource::Version&, const std::string&) const {
  if (fault.kind() == Fault::Kind::unauthorized) return resource::token_refused(request);
  const int status = resource::status_of(fault.kind());
  const bool as_detail = fault.name() == kAsDetail || fault.message().empty();
  return resource::webob_response(
      request,
      {.status = status,
       .explanation = as_detail ? resource::webob_explanation(status, request) : fault.message(),
       .detail = as_detail ? fault.message() : std::string(),
       .to_json = {}});
}

Fault Dialect::invalid(const resource::Problem& problem) const {
  return Fault::bad_request(problem.in_jsonschema_words());
}

Fault Dialect::no_such(const resource::Resource&, std::string_view key) const {
  return Fault::not_found(fmt::format("No image found with ID {}", key));
}

Fault Dialect::over_quota(const resource::Quota::Over& over) const {
  return Fault::over_quota(fmt::format("Quota exceeded for {}.", over.resource));
}

Fault Dialect::refused(std::string_view rule, bool) const {
  return Fault::forbidden(fmt::format("You are not authorized to complete {} action.", rule));
}

Fault Dialect::no_such_path() const {
  return Fault::not_found("");
}

Fault Dialect::wrong_method() const {
  return {Fault::Kind::method_not_allowed, ""};
}

Fault Dialect::not_json(std::string_view) const {
  return Fault::bad_request("Malformed JSON in request body.");
}

}  // namespace haneul::glance
