#pragma once
#include "json/writer.h"
#include "resource/call.h"
#include "resource/dialect.h"
#include "resource/webob.h"

namespace haneul::example {

// How the service words its failures and ends its lists.
class Dialect final : public resource::Dialect {
 public:
  http::Response error(const Fault& fault, const resource::Version&,
                       const std::string&) const override {
    json::Writer w;
    w.begin_object().member("error", fault.message()).end_object();
    return http::Response::json(resource::status_of(fault.kind()), w.take());
  }
  Fault invalid(const resource::Problem& problem) const override {
    return Fault::bad_request(problem.in_jsonschema_words());
  }
  Fault no_such(const resource::Resource& noun, std::string_view key) const override {
    return Fault::not_found("There is no " + std::string(noun.singular) + " " + std::string(key));
  }
  Fault over_quota(const resource::Quota::Over& over) const override {
    return Fault::forbidden("There are too many " + over.resource);
  }
  void end_list(json::Writer& w, const resource::Call&, const resource::Resource&,
                const resource::PageEnd& end) const override {
    if (end.more) w.member("next", end.last);
  }
  bool sees_all(const resource::Call& call) const override { return call.allowed("admin"); }
};

}  // namespace haneul::example
