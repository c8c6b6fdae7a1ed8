#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "http/router.h"
#include "resource/service.h"

namespace haneul::nova {

// Up to 2.35 the Compute API answers for other services' nouns, and up to 2.38 for images'
// metadata. upstream: openstack/nova:nova/api/openstack/api_version_request.py
inline constexpr int kProxyMinorMax = 35, kImageMetadataMinorMax = 38;
// Ends the request as an unknown path in a version after that.
void need_at_most(const resource::Call& call, int minor_max);

// Asks another service of this process as the caller of `call` would, without a socket. What it
// refuses arrives as its Fault. Not within a transaction: the other service opens its own.
class Proxy {
 public:
  // `to` must outlive it.
  explicit Proxy(const resource::Service& to);

  // `path` is the service's own, percent-encoded; null if the answer has no body.
  json::Value get(resource::Call& call, const std::string& path,
                  const std::string& query = {}) const;
  json::Value send(resource::Call& call, std::string_view method, const std::string& path,
                   std::string body = {}, std::string_view content_type = "application/json") const;

 private:
  json::Value run(resource::Call& call, http::Request request) const;

  const resource::Service& to_;
  http::Router router_;
};

// Text, or empty if it is another thing or not there.
std::string text_at(const json::Value& value, std::string_view key);
// The object's member that is a list; empty if there is none.
const json::Array& array_at(const json::Value& value, std::string_view key);
// "a=b&c=d", encoded.
std::string query_of(const std::vector<std::pair<std::string, std::string>>& pairs);

}  // namespace haneul::nova
