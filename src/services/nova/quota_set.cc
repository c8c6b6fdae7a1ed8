#include "services/nova/quota_set.h"

#include <array>

#include <fmt/format.h>

#include "access/target.h"
#include "json/writer.h"
#include "resource/call.h"
#include "resource/quota.h"
#include "services/nova/query.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Form;
using resource::QuotaUsage;

constexpr std::int64_t kLimitMax = 2'147'483'647;
constexpr std::string_view kPath = "/v2.1/os-quota-sets/{project}";
constexpr std::string_view kClassPath = "/v2.1/os-quota-class-sets/{class}";

enum class Kind { compute, network, file, group };
struct Known {
  std::string_view name;
  std::int64_t standard;
  Kind kind = Kind::compute;
};

// In the order of answers.
constexpr std::array<Known, 14> kKnown = {{{"instances", 10},
                                           {"cores", 20},
                                           {"ram", 51'200},
                                           {"metadata_items", 128},
                                           {"injected_files", 5, Kind::file},
                                           {"injected_file_content_bytes", 10'240, Kind::file},
                                           {"injected_file_path_bytes", 255, Kind::file},
                                           {"fixed_ips", -1, Kind::network},
                                           {"floating_ips", -1, Kind::network},
                                           {"security_groups", -1, Kind::network},
                                           {"security_group_rules", -1, Kind::network},
                                           {"key_pairs", 100},
                                           {"server_groups", 10, Kind::group},
                                           {"server_group_members", 10, Kind::group}}};

// Networks' limits went away with microversion 2.36 (of classes: 2.50), files' with 2.57; classes
// have those of groups from 2.50 on.
bool known(const Call& call, const Known& k, bool of_class) {
  switch (k.kind) {
    case Kind::network:
      return !call.since(of_class ? 50 : 36);
    case Kind::file:
      return !call.since(57);
    case Kind::group:
      return !of_class || call.since(50);
    case Kind::compute:
      break;
  }
  return true;
}

using Limits = std::map<std::string, QuotaUsage>;

std::string render(const Call& call, std::string_view envelope, const std::string& id,
                   const Limits& limits, bool with_usage) {
  const bool of_class = envelope == "quota_class_set";
  json::Writer w;
  w.begin_object().key(envelope).begin_object();
  if (!id.empty()) w.member("id", id);
  for (const Known& k : kKnown) {
    if (!known(call, k, of_class)) continue;
    const QuotaUsage& usage = limits.at(std::string(k.name));
    if (!with_usage) {
      w.member(k.name, usage.limit);
      continue;
    }
    w.key(k.name).begin_object().member("in_use", usage.used).member("limit", usage.limit);
    w.member("reserved", 0).end_object();
  }
  w.end_object().end_object();
  return w.take();
}

Limits limits_of(const Call& call, db::Session& session, std::string_view project) {
  return call.world().quota.of_project(session, "nova", project);
}

constexpr std::string_view kEveryProject = resource::Quota::kEveryProject;

// Asked about that project, whoever calls.
void enforce_for(const Call& call, std::string_view rule) {
  call.enforce(fmt::format("os_compute_api:os-quota-sets:{}", rule),
               access::PairsTarget{{"project_id", call.param("project")}});
  if (call.since(75)) refuse_unknown_keys(call, {"user_id"});
}

http::Response show_quotas(Call& call, bool detail) {
  enforce_for(call, detail ? "detail" : "show");
  const std::string& project = call.param("project");
  const Limits limits =
      call.db().read([&](db::Session& session) { return limits_of(call, session, project); });
  return http::Response::json(200, render(call, "quota_set", project, limits, detail));
}

http::Response show_defaults(Call& call) {
  enforce_for(call, "defaults");
  const Limits limits =
      call.db().read([&](db::Session& session) { return limits_of(call, session, kEveryProject); });
  return http::Response::json(200, render(call, "quota_set", call.param("project"), limits, false));
}

using Wanted = std::vector<std::pair<std::string, std::int64_t>>;

Wanted read_limits(const Call& call, Form& form, bool of_class) {
  Wanted wanted;
  for (const Known& k : kKnown) {
    if (!known(call, k, of_class)) continue;
    const auto value = form.integer(k.name, {.minimum = -1, .maximum = kLimitMax});
    if (value) wanted.emplace_back(k.name, *value);
  }
  return wanted;
}

void must_cover_usage(const Wanted& wanted, const Limits& limits) {
  for (const auto& [name, limit] : wanted) {
    const std::int64_t used = limits.at(name).used;
    if (limit == -1 || limit >= used) continue;
    throw Fault::bad_request(fmt::format(
        "Quota limit {} for {} must be greater than or equal to already used and reserved {}.",
        limit, name, used));
  }
}

http::Response update_quotas(Call& call) {
  enforce_for(call, "update");
  Form form = call.form("quota_set");
  const Wanted wanted = read_limits(call, form, false);
  const bool force = form.boolean("force", true).value_or(false);
  form.done();
  const std::string& project = call.param("project");
  const Limits limits = call.db().write([&](db::Transaction& tx) {
    if (!force) must_cover_usage(wanted, limits_of(call, tx, project));
    for (const auto& [name, limit] : wanted) {
      call.world().quota.set_limit(tx, "nova", project, name, limit);
    }
    return limits_of(call, tx, project);
  });
  return http::Response::json(200, render(call, "quota_set", "", limits, false));
}

http::Response reset_quotas(Call& call) {
  enforce_for(call, "delete");
  call.db().write([&](db::Transaction& tx) {
    call.world().quota.reset_limits(tx, "nova", call.param("project"));
  });
  return http::Response::empty(202);
}

// The class "default" is what projects have without limits of their own; all other names stand for
// the same, since nothing can be in another class.
http::Response show_class(Call& call) {
  call.enforce("os_compute_api:os-quota-class-sets:show");
  const Limits limits =
      call.db().read([&](db::Session& session) { return limits_of(call, session, kEveryProject); });
  return http::Response::json(200,
                              render(call, "quota_class_set", call.param("class"), limits, false));
}

http::Response update_class(Call& call) {
  call.enforce("os_compute_api:os-quota-class-sets:update");
  Form form = call.form("quota_class_set");
  const Wanted wanted = read_limits(call, form, true);
  form.done();
  if (call.param("class") != "default") {
    throw Fault::bad_request("The only quota class is 'default'.");
  }
  const Limits limits = call.db().write([&](db::Transaction& tx) {
    for (const auto& [name, limit] : wanted) {
      call.world().quota.set_limit(tx, "nova", kEveryProject, name, limit);
    }
    return limits_of(call, tx, kEveryProject);
  });
  return http::Response::json(200, render(call, "quota_class_set", "", limits, false));
}

}  // namespace

std::vector<resource::QuotaLimit> quota_limits(const QuotaSettings& s) {
  const std::pair<std::string_view, std::int64_t> set[] = {
      {"instances", s.instances},
      {"cores", s.cores},
      {"ram", s.ram_mib},
      {"metadata_items", s.metadata_items},
      {"key_pairs", s.key_pairs},
      {"server_groups", s.server_groups},
      {"server_group_members", s.server_group_members}};
  std::vector<resource::QuotaLimit> limits;
  for (const Known& k : kKnown) {
    const auto found = std::find_if(std::begin(set), std::end(set),
                                    [&](const auto& pair) { return pair.first == k.name; });
    limits.push_back({k.name, found == std::end(set) ? k.standard : found->second});
  }
  return limits;
}

void add_quota_set_routes(resource::Service& s) {
  const std::string one(kPath);
  s.route("GET", one, [](Call& c) { return show_quotas(c, false); });
  s.route("GET", one + "/detail", [](Call& c) { return show_quotas(c, true); });
  s.route("GET", one + "/defaults", show_defaults);
  s.route("PUT", one, update_quotas);
  s.route("DELETE", one, reset_quotas);
  s.route("GET", kClassPath, show_class);
  s.route("PUT", kClassPath, update_class);
}

}  // namespace haneul::nova
