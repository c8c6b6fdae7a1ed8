#include "services/neutron/quota.h"

#include <map>

#include <fmt/format.h>

#include "resource/call.h"
#include "resource/dialect.h"
#include "services/neutron/attribute.h"
#include "services/neutron/errors.h"

namespace haneul::neutron {
namespace {

struct Known {
  std::string_view resource, table;
  std::int64_t QuotaOptions::*standard;
};
constexpr Known kLimits[] = {
    {"network", "networks", &QuotaOptions::network},
    {"subnet", "subnets", &QuotaOptions::subnet},
    {"subnetpool", "subnetpools", &QuotaOptions::subnetpool},
    {"port", "ports", &QuotaOptions::port},
    {"router", "routers", &QuotaOptions::router},
    {"floatingip", "floatingips", &QuotaOptions::floatingip},
    {"security_group", "security_groups", &QuotaOptions::security_group},
    {"security_group_rule", "security_group_rules", &QuotaOptions::security_group_rule},
    {"rbac_policy", "rbac_policies", &QuotaOptions::rbac_policy},
};

using resource::Call;

// Everybody may look at their own project's.
void enforce(const Call& call, std::string_view rule, const std::string& project) {
  const access::PairsTarget target{{"project_id", project}, {"tenant_id", project}};
  if (rule == "get_quota" && project == call.caller().project_id.text) return;
  if (call.allowed(rule, target)) return;
  throw call.dialect().refused(rule, true);
}

template <class F>
std::string quota_object(F&& value_of) {
  json::Writer w;
  w.begin_object().key("quota").begin_object();
  for (const auto& limit : kLimits) {
    w.key(limit.resource);
    value_of(w, limit);
  }
  w.end_object().end_object();
  return w.take();
}

std::string limits_of(Call& call, db::Session& session, const std::string& project) {
  const auto usages = call.world().quota.of_project(session, "neutron", project);
  return quota_object([&](json::Writer& w, const Known& limit) {
    w.value(usages.at(std::string(limit.resource)).limit);
  });
}

http::Response show_quota(Call& call) {
  const std::string& project = call.param("project_id");
  if (project == "tenant" || project == "project") {
    json::Writer w;
    w.begin_object().key(project).begin_object();
    w.member(project + "_id", call.caller().project_id.text).end_object().end_object();
    return http::Response::json(200, w.take());
  }
  enforce(call, "get_quota", project);
  return call.db().read([&](db::Session& session) {
    return http::Response::json(200, limits_of(call, session, project));
  });
}

http::Response show_defaults(Call& call) {
  enforce(call, "get_quota", call.param("project_id"));
  const auto standard = call.world().quota.standard("neutron");
  return http::Response::json(200, quota_object([&](json::Writer& w, const Known& limit) {
                                w.value(standard.at(std::string(limit.resource)));
                              }));
}

http::Response show_details(Call& call) {
  const std::string& project = call.param("project_id");
  enforce(call, "get_quota", project);
  return call.db().read([&](db::Session& session) {
    const auto usages = call.world().quota.of_project(session, "neutron", project);
    return http::Response::json(
        200, quota_object([&](json::Writer& w, const Known& limit) {
          const auto& usage = usages.at(std::string(limit.resource));
          w.begin_object().member("limit", usage.limit).member("used", usage.used);
          w.member("reserved", 0).end_object();
        }));
  });
}

bool is_limited(std::string_view name) {
  for (const auto& limit : kLimits) {
    if (limit.resource == name) return true;
  }
  return false;
}

std::int64_t checked_limit(std::string_view name, const json::Value& value) {
  const std::int64_t limit = to_integer(value);
  if (limit >= -1 && limit <= 2'147'483'647) return limit;
  throw http_bad_request(fmt::format(
      "Invalid input for {}. Reason: '{}' is too {}.", name, limit,
      limit < 0 ? "small - must be at least '-1'" : "large - must be no larger than '2147483647'"));
}

using Limits = std::vector<std::pair<std::string, std::int64_t>>;

bool is_option(std::string_view key) {
  return key == "tenant_id" || key == "project_id" || key == "check_limit" || key == "force";
}

bool is_set(const json::Value& quota, std::string_view key) {
  const json::Value* value = quota.at({key});
  return value && !value->is_null() && to_boolean(*value);
}

void check_used(Call& call, db::Session& session, const std::string& project,
                const Limits& limits) {
  const auto usages = call.world().quota.of_project(session, "neutron", project);
  for (const auto& [name, limit] : limits) {
    const std::int64_t used = usages.at(name).used;
    if (limit < 0 || used <= limit) continue;
    throw http_bad_request(
        fmt::format("Quota limit {} for {} must be greater than or equal to "
                    "already used {}",
                    limit, name, used));
  }
}

http::Response update_quota(Call& call) {
  const std::string& project = call.param("project_id");
  if (call.request().body.empty()) throw http_bad_request("Resource body required");
  const json::Value* sent = call.body().at({"quota"});
  if (!sent) throw http_bad_request("Unable to find 'quota' in request body");
  if (!sent->object()) throw http_bad_request("Object 'quota' contains invalid data");
  Limits limits;
  for (const auto& member : *sent->object()) {
    if (is_option(member.key)) continue;
    if (!is_limited(member.key)) {
      throw http_bad_request(fmt::format("Unrecognized attribute(s) '{}'", member.key));
    }
    limits.emplace_back(member.key, checked_limit(member.key, member.value));
  }
  enforce(call, "update_quota", project);
  const bool checks = is_set(*sent, "check_limit") && !is_set(*sent, "force");
  return call.db().write([&](db::Transaction& tx) {
    if (checks) check_used(call, tx, project, limits);
    for (const auto& [name, limit] : limits) {
      call.world().quota.set_limit(tx, "neutron", project, name, limit);
    }
    return http::Response::json(200, limits_of(call, tx, project));
  });
}

http::Response reset_quota(Call& call) {
  const std::string& project = call.param("project_id");
  enforce(call, "delete_quota", project);
  return call.db().write([&](db::Transaction& tx) {
    const auto own = tx.integer(
        "SELECT 1 FROM quota_limits WHERE service = 'neutron' AND project_id = ? LIMIT 1",
        {project});
    if (!own) {
      throw Fault::not_found(fmt::format("Quota for project {} could not be found.", project))
          .named("TenantQuotaNotFound");
    }
    call.world().quota.reset_limits(tx, "neutron", project);
    return http::Response::empty(204);
  });
}

// Projects that have limits of their own.
http::Response list_quotas(Call& call) {
  if (!call.dialect().sees_all(call)) {
    throw Fault::forbidden(
        "User does not have admin privileges: Only admin can view or configure "
        "quota.")
        .named("AdminRequired");
  }
  return call.db().read([&](db::Session& session) {
    std::vector<std::string> projects;
    db::Rows rows = session.query(
        "SELECT DISTINCT project_id FROM quota_limits WHERE service = 'neutron' ORDER BY"
        " project_id");
    while (rows.next()) projects.push_back(rows.string(0));
    json::Writer w;
    w.begin_object().key("quotas").begin_array();
    for (const auto& project : projects) {
      const auto usages = call.world().quota.of_project(session, "neutron", project);
      w.begin_object().member("tenant_id", project).member("project_id", project);
      for (const auto& limit : kLimits) {
        w.member(limit.resource, usages.at(std::string(limit.resource)).limit);
      }
      w.end_object();
    }
    w.end_array().end_object();
    return http::Response::json(200, w.take());
  });
}

}  // namespace

std::vector<std::string> find_miscounts(db::Session& session, const resource::Quota& quota) {
  std::vector<std::string> lines;
  for (const Known& limit : kLimits) {
    std::map<std::string, std::int64_t> counts;
    for (const auto& project : quota.projects(session, "neutron")) counts[project] = 0;
    db::Rows rows = session.query(
        fmt::format("SELECT project_id, COUNT(*) FROM {} GROUP BY project_id", limit.table));
    while (rows.next()) counts[rows.string(0)] = rows.integer(1);
    for (const auto& [project, count] : counts) {
      const auto usage = quota.of_project(session, "neutron", project);
      const std::int64_t used = usage.at(std::string(limit.resource)).used;
      if (used == count) continue;
      lines.push_back(fmt::format("Project {} is charged {} of {}, but has {}.", project, used,
                                  limit.resource, count));
    }
  }
  return lines;
}

std::vector<resource::QuotaLimit> quota_limits(const QuotaOptions& quotas) {
  std::vector<resource::QuotaLimit> limits;
  for (const Known& k : kLimits) limits.push_back({k.resource, quotas.*k.standard});
  return limits;
}

void add_quota_routes(resource::Service& service, const Context&) {
  const std::string one = "/v2.0/quotas/{project_id}";
  service.route("GET", "/v2.0/quotas", list_quotas);
  service.route("GET", one, show_quota);
  service.route("GET", one + "/default", show_defaults);
  service.route("GET", one + "/details", show_details);
  service.route("GET", one + "/details.json", show_details);
  service.route("PUT", one, update_quota);
  service.route("DELETE", one, reset_quota);
}

}  // namespace haneul::neutron
