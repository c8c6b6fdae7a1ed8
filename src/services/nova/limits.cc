#include "services/nova/limits.h"

#include "json/writer.h"
#include "resource/call.h"
#include "resource/quota.h"
#include "services/nova/query.h"

namespace haneul::nova {
namespace {

using resource::Call;

struct Shown {
  std::string_view name, resource;
  bool is_usage = false;
  int until = 1000;  // the last minor version that has it
};

constexpr Shown kShown[] = {{"maxServerMeta", "metadata_items"},
                            {"maxImageMeta", "metadata_items", false, 38},
                            {"maxPersonality", "injected_files", false, 56},
                            {"maxPersonalitySize", "injected_file_content_bytes", false, 56},
                            {"maxTotalCores", "cores"},
                            {"maxTotalInstances", "instances"},
                            {"maxTotalRAMSize", "ram"},
                            {"maxTotalKeypairs", "key_pairs"},
                            {"maxTotalFloatingIps", "floating_ips", false, 35},
                            {"maxSecurityGroups", "security_groups", false, 35},
                            {"maxSecurityGroupRules", "security_group_rules", false, 35},
                            {"maxServerGroups", "server_groups"},
                            {"maxServerGroupMembers", "server_group_members"},
                            {"totalRAMUsed", "ram", true},
                            {"totalCoresUsed", "cores", true},
                            {"totalInstancesUsed", "instances", true},
                            {"totalFloatingIpsUsed", "floating_ips", true, 35},
                            {"totalSecurityGroupsUsed", "security_groups", true, 35},
                            {"totalServerGroupsUsed", "server_groups", true}};

http::Response show_limits(Call& call) {
  call.enforce("os_compute_api:limits");
  if (call.since(75)) refuse_unknown_keys(call, {"tenant_id", "reserved"});
  std::string project = call.caller().project_id.text;
  if (const auto* other = call.query().find("tenant_id")) {
    call.enforce("os_compute_api:limits:other_project");
    project = *other;
  }
  const auto quotas = call.db().read([&](db::Session& session) {
    return call.world().quota.of_project(session, "nova", project);
  });
  json::Writer w;
  w.begin_object().key("limits").begin_object();
  w.key("rate").begin_array().end_array().key("absolute").begin_object();
  for (const Shown& s : kShown) {
    if (call.version().minor > s.until) continue;
    const auto& usage = quotas.at(std::string(s.resource));
    w.member(s.name, s.is_usage ? usage.used : usage.limit);
  }
  w.end_object().end_object().end_object();
  return http::Response::json(200, w.take());
}

}  // namespace

void add_limits_routes(resource::Service& s) {
  s.route("GET", "/v2.1/limits", show_limits);
}

}  // namespace haneul::nova
