#include "resource/dialect.h"

#include <fmt/format.h>

#include "base/id.h"
#include "json/writer.h"
#include "resource/call.h"
#include "resource/resource.h"

namespace haneul::resource {

const std::string PageEnd::kNone;

const Paging& Dialect::paging() const {
  static constexpr Paging kStandard{};
  return kStandard;
}

std::string Dialect::new_id(const Resource&) const {
  return new_uuid();
}

Fault Dialect::duplicate(const Resource& resource, std::string_view) const {
  return Fault::conflict(fmt::format("Duplicate {}.", resource.singular));
}

Fault Dialect::refused(std::string_view rule, bool) const {
  return Fault::forbidden(fmt::format("Policy doesn't allow {} to be performed.", rule));
}

Fault Dialect::refused_among(std::string_view rule, const std::vector<std::string>&,
                             bool seen) const {
  return refused(rule, seen);
}

Items Dialect::read_items(Call& call, const Resource& resource, Verb) const {
  return {.objects = {call.form(resource.singular).given()}};
}

// The words of keystonemiddleware, which stands before every service but Keystone.
// upstream: openstack/keystonemiddleware:keystonemiddleware/auth_token/__init__.py
Fault Dialect::unauthenticated() const {
  return Fault::unauthorized("The request you have made requires authentication.");
}

Fault Dialect::no_such_path() const {
  return Fault::not_found("The resource could not be found.");
}

Fault Dialect::wrong_method() const {
  return Fault(Fault::Kind::method_not_allowed, "The method is not allowed for this resource.");
}

Fault Dialect::body_too_large(std::uint64_t bytes_max) const {
  return Fault::too_large(fmt::format("The request body is larger than {} bytes.", bytes_max));
}

Fault Dialect::not_json(std::string_view why) const {
  return Fault::bad_request(fmt::format("The request body is not valid JSON: {}.", why));
}

void Dialect::end_list(json::Writer&, const Call&, const Resource&, const PageEnd&) const {}
void Dialect::row_links(json::Writer&, const Call&, const Resource&, const std::string&) const {}

}  // namespace haneul::resource
