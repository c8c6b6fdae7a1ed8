#include "services/nova/security_group.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"
#include "services/nova/security_group_rule.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Form;

constexpr std::string_view kGroups = "/v2.0/security-groups";

void write_group(json::Writer& w, Call& call, const Proxy& neutron, const json::Value& group) {
  w.begin_object().member("id", text_at(group, "id"));
  w.member("description", text_at(group, "description")).member("name", text_at(group, "name"));
  w.member("tenant_id", text_at(group, "tenant_id")).key("rules").begin_array();
  write_security_group_rules(w, call, neutron, group);
  w.end_array().end_object();
}

http::Response group_response(Call& call, const Proxy& neutron, const json::Value& group) {
  json::Writer w;
  w.begin_object().key("security_group");
  write_group(w, call, neutron, group);
  w.end_object();
  return http::Response::json(200, w.take());
}

std::int64_t count_asked(const Call& call, std::string_view key, std::int64_t otherwise) {
  const auto* text = call.query().find(key);
  if (!text) return otherwise;
  const auto n = parse_int(*text);
  if (!n) throw Fault::bad_request(fmt::format("{} param must be an integer", key));
  if (*n < 0) throw Fault::bad_request(fmt::format("{} param must be positive", key));
  return *n;
}

http::Response list_groups(Call& call, const Proxy& neutron) {
  begin_proxied(call, "os_compute_api:os-security-groups:get");
  const bool all = call.query().has("all_tenants") && call.allowed("context_is_admin");
  const auto offset = count_asked(call, "offset", 0);
  auto limit = count_asked(call, "limit", 1000);
  if (limit == 0 || limit > 1000) limit = 1000;
  const auto found =
      neutron.get(call, std::string(kGroups),
                  all ? std::string() : query_of({{"tenant_id", call.caller().project_id.text}}));
  const json::Array& groups = array_at(found, "security_groups");
  std::vector<const json::Value*> page;
  for (std::size_t i = static_cast<std::size_t>(offset);
       i < groups.size() && page.size() < static_cast<std::size_t>(limit); ++i) {
    page.push_back(&groups[i]);
  }
  const auto key = [](const json::Value* g) {
    return std::pair(text_at(*g, "tenant_id"), text_at(*g, "name"));
  };
  std::stable_sort(page.begin(), page.end(),
                   [&](const auto* a, const auto* b) { return key(a) < key(b); });
  json::Writer w;
  w.begin_object().key("security_groups").begin_array();
  for (const auto* group : page) write_group(w, call, neutron, *group);
  w.end_array().end_object();
  return http::Response::json(200, w.take());
}

http::Response show_group(Call& call, const Proxy& neutron) {
  begin_proxied(call, "os_compute_api:os-security-groups:show");
  return group_response(call, neutron, find_security_group(call, neutron, call.param("id")));
}

// The name and the description of a body, as Neutron's body.
std::string read_group(Call& call) {
  const json::Value* sent = call.body().at({"security_group"});
  if (!sent || sent->is_null()) throw Fault::bad_request("Missing parameter security_group");
  Form form = call.form("security_group", true);
  json::Writer w;
  w.begin_object().key("security_group").begin_object();
  for (const std::string_view key : {"name", "description"}) {
    const json::Value* value = form.any(key);
    if (!value || !value->text()) {
      throw Fault::bad_request(
          fmt::format("Invalid input received: {} is not a string or unicode", key));
    }
    if (utf8_length(*value->text()) > 255) {
      throw Fault::bad_request(
          fmt::format("Invalid input received: {} has {} characters, more than 255.", key,
                      utf8_length(*value->text())));
    }
    w.member(key, *value->text());
  }
  w.end_object().end_object();
  return w.take();
}

http::Response create_group(Call& call, const Proxy& neutron) {
  begin_proxied(call, "os_compute_api:os-security-groups:create");
  const auto made = neutron.send(call, "POST", std::string(kGroups), read_group(call));
  return group_response(call, neutron, *made.at({"security_group"}));
}

http::Response update_group(Call& call, const Proxy& neutron) {
  begin_proxied(call, "os_compute_api:os-security-groups:update");
  find_security_group(call, neutron, call.param("id"));
  const auto now =
      neutron.send(call, "PUT", neutron_path(kGroups, call.param("id")), read_group(call));
  return group_response(call, neutron, *now.at({"security_group"}));
}

http::Response delete_group(Call& call, const Proxy& neutron) {
  begin_proxied(call, "os_compute_api:os-security-groups:delete");
  try {
    neutron.send(call, "DELETE", neutron_path(kGroups, call.param("id")));
  } catch (const Fault& fault) {
    if (fault.kind() != Fault::Kind::conflict) throw;
    throw Fault::bad_request(fault.message());
  }
  return http::Response::empty(202);
}

}  // namespace

std::string neutron_path(std::string_view collection, std::string_view id) {
  if (!is_uuid_like(id)) throw Fault::bad_request("Security group id should be uuid");
  return std::string(collection) + "/" + std::string(id);
}

void begin_proxied(Call& call, std::string_view rule) {
  need_at_most(call, kProxyMinorMax);
  call.enforce(rule);
}

json::Value find_security_group(Call& call, const Proxy& neutron, std::string_view id) {
  return *neutron.get(call, neutron_path(kGroups, id)).at({"security_group"});
}

void add_security_group_routes(resource::Service& s, const Proxy& neutron) {
  constexpr std::string_view kAll = "/v2.1/os-security-groups";
  constexpr std::string_view kOne = "/v2.1/os-security-groups/{id}";
  s.route("GET", kAll, [&neutron](Call& c) { return list_groups(c, neutron); });
  s.route("POST", kAll, [&neutron](Call& c) { return create_group(c, neutron); });
  s.route("GET", kOne, [&neutron](Call& c) { return show_group(c, neutron); });
  s.route("PUT", kOne, [&neutron](Call& c) { return update_group(c, neutron); });
  s.route("DELETE", kOne, [&neutron](Call& c) { return delete_group(c, neutron); });
}

}  // namespace haneul::nova
