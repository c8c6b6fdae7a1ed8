#pragma once
#include "resource/dialect.h"

namespace haneul::nova {

inline constexpr resource::Version kVersionMin{2, 1};
inline constexpr resource::Version kVersionMax{2, 96};

// Nova's words: {"itemNotFound": {"code": 404, "message": "…"}}.
// upstream: openstack/nova:nova/api/openstack/wsgi.py (Fault), common.py
class Dialect final : public resource::Dialect {
 public:
  http::Response error(const Fault& fault, const resource::Version& version,
                       const std::string& request_id) const override;
  // OpenStack-API-Version: compute X.Y, X-OpenStack-Nova-API-Version: X.Y, "latest".
  resource::Version negotiate(const http::Headers& headers) const override;
  void announce(const resource::Version& version, http::Headers& headers) const override;
  const resource::Paging& paging() const override;
  Fault invalid(const resource::Problem& problem) const override;
  Fault no_such(const resource::Resource& resource, std::string_view key) const override;
  Fault over_quota(const resource::Quota::Over& over) const override;
  Fault refused(std::string_view rule, bool seen) const override;
  void end_list(json::Writer& w, const resource::Call& call, const resource::Resource& resource,
                const resource::PageEnd& end) const override;
  bool sees_all(const resource::Call& call) const override;
};

// "<plural>_links": [{"rel": "next", "href": …}] when there is a next page.
void write_next_link(json::Writer& w, const resource::Call& call, std::string_view plural,
                     std::string_view path, const std::string& next_marker);
// The same under any other key.
void write_page_link(json::Writer& w, const resource::Call& call, std::string_view key,
                     std::string_view path, const std::string& next_marker);
// "links": [self, bookmark] of one row; `noun` is "servers", "flavors".
void write_row_links(json::Writer& w, const resource::Call& call, std::string_view noun,
                     std::string_view id);

}  // namespace haneul::nova
