#pragma once
#include "resource/dialect.h"

namespace haneul::neutron {

// Neutron's own HTTP: {"NeutronError": {"type": …, "message": …, "detail": ""}}.
// upstream: openstack/neutron:neutron/api/api_common.py, neutron/pecan_wsgi/hooks/translation.py
class Dialect final : public resource::Dialect {
 public:
  http::Response error(const Fault& fault, const resource::Version& version,
                       const std::string& request_id) const override;
  http::Response error_for(const http::Request& request, const Fault& fault,
                           const resource::Version& version,
                           const std::string& request_id) const override;
  const resource::Paging& paging() const override;
  Fault invalid(const resource::Problem& problem) const override;
  Fault no_such(const resource::Resource& resource, std::string_view key) const override;
  Fault over_quota(const resource::Quota::Over& over) const override;
  Fault duplicate(const resource::Resource& resource, std::string_view columns) const override;
  Fault refused(std::string_view rule, bool seen) const override;
  Fault refused_among(std::string_view rule, const std::vector<std::string>& asked,
                      bool seen) const override;
  resource::Items read_items(resource::Call& call, const resource::Resource& resource,
                             resource::Verb verb) const override;
  void adjust(const resource::Call& call, const resource::Resource& resource,
              json::Object& given) const override;
  resource::Refusal convert(const resource::Field& field, json::Value& value,
                            resource::Verb verb) const override;
  bool checks_before_finding() const override { return true; }
  void check_remove(const http::Request& request) const override;
  void end_list(json::Writer& w, const resource::Call& call, const resource::Resource& resource,
                const resource::PageEnd& end) const override;
  bool unknown_filters_ignored(const resource::Resource&) const override { return false; }
  bool lists_are_open() const override { return true; }
  Fault wrong_method() const override;
  Fault not_json(std::string_view why) const override;
  bool repeated_filter_is_any() const override { return true; }
  std::string_view field_selector() const override { return "fields"; }
  bool sees_all(const resource::Call& call) const override;
};

}  // namespace haneul::neutron
