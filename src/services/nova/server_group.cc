#include "services/nova/server_group.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/id.h"
#include "base/text.h"
#include "resource/quota.h"
#include "services/nova/cloud.h"
#include "services/nova/query.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::field;
using resource::Form;
using resource::Problem;
using resource::Where;

constexpr std::string_view kPath = "/v2.1/os-server-groups";

constexpr auto kFields = resource::fields(
    field<&ServerGroup::id>("id"), field<&ServerGroup::project_id>("project_id"),
    field<&ServerGroup::user_id>("user_id"), field<&ServerGroup::name>("name"),
    field<&ServerGroup::policy>("policy"),
    field<&ServerGroup::servers_per_host_max>("servers_per_host_max"),
    field<&ServerGroup::has_rules>("has_rules"), field<&ServerGroup::created_at>("created_at"));
static_assert(resource::complete<ServerGroup>(kFields));

constexpr std::array<std::string_view, 4> kPolicyWords = {"anti-affinity", "affinity",
                                                          "soft-anti-affinity", "soft-affinity"};

using Members = std::map<std::string, std::vector<std::string>, std::less<>>;

// Of those whose servers exist.
Members members_of(db::Session& session, const std::vector<ServerGroup>& groups) {
  std::vector<std::string> ids;
  for (const ServerGroup& g : groups) ids.push_back(g.id);
  const auto where = Where().in("group_id", ids);
  std::vector<db::Bind> binds;
  where.append_binds(binds);
  db::Rows rows = session.query(
      fmt::format("SELECT group_id, server_id FROM server_group_members WHERE {} AND EXISTS"
                  " (SELECT 1 FROM servers WHERE servers.id = server_id) ORDER BY group_id",
                  where.sql()),
      binds);
  Members members;
  while (rows.next()) members[rows.string(0)].push_back(rows.string(1));
  return members;
}

void write_group(json::Writer& w, const Call& call, const ServerGroup& g, const Members& members) {
  w.begin_object().member("id", g.id).member("name", g.name);
  if (call.since(64)) {
    w.member("policy", g.policy).key("rules").begin_object();
    if (g.has_rules) w.member("max_server_per_host", g.servers_per_host_max);
    w.end_object();
  } else {
    w.key("policies").begin_array().value(g.policy).end_array();
    w.key("metadata").begin_object().end_object();
  }
  const auto found = members.find(g.id);
  w.member("members", found == members.end() ? std::vector<std::string>{} : found->second);
  if (call.since(13)) w.member("project_id", g.project_id).member("user_id", g.user_id);
  w.end_object();
}

http::Response answer(const Call& call, const ServerGroup& g, const Members& members) {
  json::Writer w;
  w.begin_object().key("server_group");
  write_group(w, call, g, members);
  w.end_object();
  return http::Response::json(200, w.take());
}

ServerGroup fetch_group(const Call& call, db::Session& session, const ServerGroupStore& groups,
                        std::string_view rule) {
  const std::string& id = call.param("id");
  const auto g = groups.find(session, id, call.owned(kServerGroup));
  if (!g) throw Fault::not_found(fmt::format("Instance group {} could not be found.", id));
  call.enforce(rule, access::PairsTarget{{"project_id", g->project_id}});
  return *g;
}

std::size_t read_offset(const Call& call) {
  const auto* text = call.query().find("offset");
  if (!text) return 0;
  const auto offset = parse_int(*text);
  if (!offset || *offset < 0) {
    throw Fault::bad_request(
        fmt::format("Invalid input for query parameters offset. Value: {}. "
                    "'{}' does not match '^[0-9]*$'",
                    *text, *text));
  }
  return static_cast<std::size_t>(*offset);
}

http::Response list_groups(Call& call, const ServerGroupStore& groups) {
  call.enforce("os_compute_api:os-server-groups:index");
  if (call.since(75)) refuse_unknown_keys(call, {"all_projects", "limit", "offset"});
  resource::Page page;
  page.order = {{"created_at", false}};
  const bool all = call.query().has("all_projects") && call.dialect().sees_all(call);
  if (all) call.enforce("os_compute_api:os-server-groups:index:all_projects");
  if (!all) page.where.equals("project_id", call.caller().project_id.text);
  const std::size_t offset = read_offset(call);
  page.limit =
      read_page(call).limit + static_cast<std::int64_t>(std::min<std::size_t>(offset, 1'000'000));
  return call.db().read([&](db::Session& session) {
    auto rows = groups.list(session, page);
    rows.erase(rows.begin(),
               rows.begin() + static_cast<std::ptrdiff_t>(std::min(offset, rows.size())));
    const Members members = members_of(session, rows);
    json::Writer w;
    w.begin_object().key("server_groups").begin_array();
    for (const ServerGroup& g : rows) write_group(w, call, g, members);
    w.end_array().end_object();
    return http::Response::json(200, w.take());
  });
}

http::Response show_group(Call& call, const ServerGroupStore& groups) {
  return call.db().read([&](db::Session& session) {
    const auto g = fetch_group(call, session, groups, "os_compute_api:os-server-groups:show");
    return answer(call, g, members_of(session, {g}));
  });
}

void read_policy(Form& form, const Call& call, ServerGroup& g) {
  if (call.since(64)) {
    const auto policy = form.choice("policy", kPolicyWords);
    if (!policy) form.fail({.kind = Problem::Kind::missing, .field = "policy"});
    g.policy = *policy;
    if (auto rules = form.object("rules")) {
      const auto most = rules->integer("max_server_per_host", {.minimum = 1});
      rules->done();
      g.has_rules = most.has_value();
      g.servers_per_host_max = most.value_or(1);
    }
    if (g.has_rules && g.policy != "anti-affinity") {
      throw Fault::bad_request("Only anti-affinity policy supports rules.");
    }
    return;
  }
  const json::Array* policies = form.array("policies", 1);
  if (!policies) form.fail({.kind = Problem::Kind::missing, .field = "policies"});
  if (policies->empty()) {
    form.fail({.kind = Problem::Kind::too_short, .field = "policies", .value = *policies});
  }
  // Soft ones came with 2.15.
  const std::span<const std::string_view> words(kPolicyWords.data(), call.since(15) ? 4 : 2);
  const std::string* word = policies->front().text();
  if (!word || std::find(words.begin(), words.end(), *word) == words.end()) {
    form.fail({.kind = Problem::Kind::not_one_of,
               .field = "policies/0",
               .value = policies->front(),
               .allowed = words});
  }
  g.policy = *word;
}

http::Response create_group(Call& call, const ServerGroupStore& groups) {
  call.enforce("os_compute_api:os-server-groups:create");
  Form form = call.form("server_group", !call.since(15));
  ServerGroup g;
  g.name = trim(form.required_text("name", {.chars_min = 1}));
  if (g.name.empty()) form.malformed("name", "name without only blanks");
  read_policy(form, call, g);
  form.done();
  g.id = new_uuid();
  g.project_id = call.caller().project_id.text;
  g.user_id = call.caller().user_id.text;
  g.created_at = call.now();
  call.db().write([&](db::Transaction& tx) {
    if (call.world().quota.reserve(tx, "nova", g.project_id, "server_groups", 1)) {
      throw Fault::over_quota("Quota exceeded, too many server groups.");
    }
    groups.insert(tx, g);
  });
  return answer(call, g, {});
}

http::Response delete_group(Call& call, const ServerGroupStore& groups) {
  call.db().write([&](db::Transaction& tx) {
    const auto g = fetch_group(call, tx, groups, "os_compute_api:os-server-groups:delete");
    groups.remove(tx, g.id);
    call.world().quota.release(tx, "nova", g.project_id, "server_groups", 1);
  });
  return http::Response::empty(204);
}

std::map<std::string, std::int64_t> hosts_of_members(db::Session& session,
                                                     const std::string& group) {
  std::map<std::string, std::int64_t> hosts;
  db::Rows rows = session.query(
      "SELECT s.host, COUNT(*) FROM server_group_members m JOIN servers s ON s.id = m.server_id"
      " WHERE m.group_id = ? AND s.host IS NOT NULL GROUP BY s.host",
      {group});
  while (rows.next()) hosts[rows.string(0)] = rows.integer(1);
  return hosts;
}

void check_members(const Cloud& cloud, db::Session& session, const ServerGroup& g) {
  const auto limits = cloud.world.quota.of_project(session, "nova", g.project_id);
  const std::int64_t limit = limits.at("server_group_members").limit;
  const std::int64_t count =
      session.integer("SELECT COUNT(*) FROM server_group_members WHERE group_id = ?", {g.id})
          .value_or(0);
  if (limit >= 0 && count >= limit) {
    throw Fault::over_quota("Quota exceeded, too many servers in group");
  }
}

}  // namespace

const resource::Resource kServerGroup{.singular = "server_group",
                                      .plural = "server_groups",
                                      .path = kPath,
                                      .default_sort = "created_at",
                                      .fields = kFields};

std::optional<GroupWish> join_group(Cloud& cloud, db::Transaction& tx, const Server& server,
                                    const json::Object& hints) {
  const json::Value* hint = hints.find("group");
  if (!hint) return std::nullopt;
  if (!hint->text() || !is_uuid_like(*hint->text())) {
    throw Fault::bad_request("Server group scheduler hint must be a UUID.");
  }
  const auto g =
      cloud.server_groups.find(tx, *hint->text(), Where().equals("project_id", server.project_id));
  if (!g) {
    throw Fault::bad_request(fmt::format("Instance group {} could not be found.", *hint->text()));
  }
  check_members(cloud, tx, *g);
  GroupWish wish{g->policy, g->servers_per_host_max, hosts_of_members(tx, g->id)};
  tx.execute("INSERT INTO server_group_members (group_id, server_id) VALUES (?,?)",
             {g->id, server.id});
  return wish;
}

void leave_groups(db::Transaction& tx, const std::string& server_id) {
  tx.execute("DELETE FROM server_group_members WHERE server_id = ?", {server_id});
}

std::string group_of(db::Session& session, const std::string& server_id) {
  return session.text("SELECT group_id FROM server_group_members WHERE server_id = ?", {server_id})
      .value_or("");
}

void add_server_group_routes(resource::Service& s, Cloud& cloud) {
  const auto with = [&groups = cloud.server_groups](auto handle) {
    return [&groups, handle](Call& c) { return handle(c, groups); };
  };
  const std::string all(kPath), one = all + "/{id}";
  s.route("GET", all, with(list_groups));
  s.route("POST", all, with(create_group));
  s.route("GET", one, with(show_group));
  s.route("DELETE", one, with(delete_group));
}

}  // namespace haneul::nova
