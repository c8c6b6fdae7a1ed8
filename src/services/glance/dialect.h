#pragma once
#include <string>

#include "resource/call.h"
#include "resource/dialect.h"

namespace haneul::glance {

// Glance answers failures as webob does: HTML, JSON or plain text by Accept, the message as
// explanation; a Fault named kAsDetail has it as detail below webob's own sentence.
inline constexpr const char* kAsDetail = "detail";

class Dialect final : public resource::Dialect {
 public:
  http::Response error(const Fault&, const resource::Version&,
                       const std::string& request_id) const override;
  http::Response error_for(const http::Request&, const Fault&, const resource::Version&,
                           const std::string& request_id) const override;
  Fault invalid(const resource::Problem&) const override;
  Fault no_such(const resource::Resource&, std::string_view key) const override;
  Fault over_quota(const resource::Quota::Over&) const override;
  Fault refused(std::string_view rule, bool seen) const override;
  Fault no_such_path() const override;
  Fault wrong_method() const override;
  Fault not_json(std::string_view why) const override;
  bool sees_all(const resource::Call&) const override { return false; }
};

}  // namespace haneul::glance
