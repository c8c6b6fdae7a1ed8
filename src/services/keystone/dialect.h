#pragma once
#include <string>
#include <string_view>

#include "access/target.h"
#include "resource/call.h"
#include "resource/dialect.h"

namespace haneul::keystone {

// Keystone's HTTP: {"error": {"code", "title", "message"}}, links on rows and lists, unknown keys
// kept as extra attributes.
class KeystoneDialect final : public resource::Dialect {
 public:
  http::Response error(const Fault& fault, const resource::Version& version,
                       const std::string& request_id) const override;
  void announce(const resource::Version&, http::Headers& headers) const override;
  void finish_error(const http::Request& request, http::Response& response) const override;

  resource::TimeStyle time_style() const override { return resource::TimeStyle::micros_naive; }
  const resource::Paging& paging() const override;
  Fault invalid(const resource::Problem& problem) const override;
  Fault no_such(const resource::Resource& resource, std::string_view key) const override;
  Fault duplicate(const resource::Resource& resource, std::string_view columns) const override;
  Fault over_quota(const resource::Quota::Over& over) const override;
  Fault refused(std::string_view rule, bool seen) const override;
  Fault not_json(std::string_view why) const override;

  std::string new_id(const resource::Resource&) const override;
  bool absence_is_guarded() const override { return true; }
  bool filters_compare() const override { return true; }
  void end_list(json::Writer& w, const resource::Call& call, const resource::Resource& resource,
                const resource::PageEnd& end) const override;
  void row_links(json::Writer& w, const resource::Call& call, const resource::Resource& resource,
                 const std::string& key) const override;
  bool unknown_keys_ignored(const resource::Resource& resource) const override;
  bool sees_all(const resource::Call&) const override { return true; }
};

// "http://host/identity/v3": what Keystone's links begin with.
std::string v3_url(const resource::Call& call);
// "links": {"self", "next": null, "previous": null} with the request's own address.
void write_list_links(json::Writer& w, const resource::Call& call);
void write_self_link(json::Writer& w, const resource::Call& call, std::string_view path);

// "Expecting to find <attribute> in <target>. The server could not comply …"
Fault expected(std::string_view attribute, std::string_view target);
// "You are not authorized to perform the requested action: <action>."
Fault forbidden_action(std::string_view action);
Fault unauthorized();
// "Could not find user: x."
Fault no_such(std::string_view what, std::string_view key);
// "Conflict occurred attempting to store <type> - <details>."
Fault conflict(std::string_view type, std::string_view details);

// What a body's object is to a policy: "target.<name>.<key>" for its keys.
class BodyTarget final : public access::Target {
 public:
  BodyTarget(std::string_view name, const json::Object& object) : name_(name), object_(object) {}
  std::optional<access::TargetValue> get(std::string_view name) const override;

 private:
  std::string_view name_;
  const json::Object& object_;
};

}  // namespace haneul::keystone
