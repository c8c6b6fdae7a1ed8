#pragma once
#include <string>

#include "resource/call.h"
#include "resource/dialect.h"

namespace haneul::placement {

inline constexpr resource::Version kFirst{1, 0}, kLast{1, 39};

// Placement's words: {"errors": [{…}]} made of webob's sentences, microversions 1.0 to 1.39.
// A Fault's name is the error code ("placement.concurrent_update"), shown since 1.23.
class Dialect final : public resource::Dialect {
 public:
  http::Response error(const Fault&, const resource::Version&,
                       const std::string& request_id) const override;
  http::Response error_for(const http::Request&, const Fault&, const resource::Version&,
                           const std::string& request_id) const override;
  resource::Version negotiate(const http::Headers&) const override;
  void announce(const resource::Version&, http::Headers&) const override;
  Fault invalid(const resource::Problem&) const override;
  Fault no_such(const resource::Resource&, std::string_view key) const override;
  Fault over_quota(const resource::Quota::Over&) const override;
  Fault refused(std::string_view rule, bool seen) const override;
  Fault no_such_path() const override;
  Fault wrong_method() const override;
  Fault not_json(std::string_view why) const override;
  bool sees_all(const resource::Call&) const override { return true; }
};

// Codes of faults.
inline constexpr const char* kConcurrentUpdate = "placement.concurrent_update";
inline constexpr const char* kDuplicateName = "placement.duplicate_name";
inline constexpr const char* kInventoryInUse = "placement.inventory.inuse";
inline constexpr const char* kProviderInUse = "placement.resource_provider.inuse";
inline constexpr const char* kCannotDeleteParent =
    "placement.resource_provider.cannot_delete_parent";
inline constexpr const char* kProviderNotFound = "placement.resource_provider.not_found";
inline constexpr const char* kDuplicateKey = "placement.query.duplicate_key";
inline constexpr const char* kBadValue = "placement.query.bad_value";
inline constexpr const char* kMissingValue = "placement.query.missing_value";

// A JSON answer; from 1.15 on with Last-Modified and Cache-Control.
http::Response answer(const resource::Call& call, int status, std::string body, Instant modified);
// The same without a body; `dated` as where upstream dates it.
http::Response no_content(int status);
// "Tue, 24 Nov 2026 02:29:40 GMT"
std::string http_date(Instant t);

// 400 with "Invalid query string parameters: …" unless every key is one of these.
void allow_keys(const resource::Call& call, std::initializer_list<std::string_view> keys);
// Characters of resource classes, traits and consumer types: A-Z 0-9 _, at least one.
bool is_symbol(std::string_view text);
// "CUSTOM_" and at least one more, 255 characters at most.
bool is_custom(std::string_view name);

}  // namespace haneul::placement
