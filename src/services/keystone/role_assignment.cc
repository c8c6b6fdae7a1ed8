#include "services/keystone/role_assignment.h"

#include <fmt/format.h>

#include "services/keystone/dialect.h"
#include "services/keystone/directory_sync.h"
#include "services/keystone/project_tree.h"
#include "services/keystone/role_assignment_view.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/role_assignments.py, keystone/assignment/core.py
namespace haneul::keystone {
namespace {

using resource::Call;
using resource::Where;

struct Question {
  std::string user_id, group_id, role_id, project_id, domain_id;
  bool on_system = false;
  std::optional<bool> inherited;
  bool effective = false, names = false, subtree = false;
  std::vector<std::string> subtree_ids;
};

bool flag(const Call& call, std::string_view key) {
  const std::string* value = call.query().find(key);
  return value && *value != "0";
}

std::string text(const Call& call, std::string_view key) {
  const std::string* value = call.query().find(key);
  return value ? *value : std::string();
}

Question read_question(const Call& call) {
  Question q;
  q.user_id = text(call, "user.id");
  q.group_id = text(call, "group.id");
  q.role_id = text(call, "role.id");
  q.project_id = text(call, "scope.project.id");
  q.domain_id = text(call, "scope.domain.id");
  q.on_system = text(call, "scope.system") == "all";
  if (const auto* to = call.query().find("scope.OS-INHERIT:inherited_to")) {
    q.inherited = *to == "projects";
  }
  q.effective = flag(call, "effective");
  q.names = flag(call, "include_names");
  q.subtree = flag(call, "include_subtree");
  return q;
}

void check(const Call& call, const Question& q) {
  const bool system = !text(call, "scope.system").empty();
  const char* wrong = nullptr;
  if (!q.domain_id.empty() && !q.project_id.empty()) {
    wrong = "Specify a domain or project, not both";
  } else if (!q.domain_id.empty() && system) {
    wrong = "Specify system or domain, not both";
  } else if (!q.project_id.empty() && system) {
    wrong = "Specify system or project, not both";
  } else if (!q.user_id.empty() && !q.group_id.empty()) {
    wrong = "Specify a user or group, not both";
  } else if (q.effective && !q.group_id.empty()) {
    wrong = "Combining effective and group filter will always result in an empty list.";
  } else if (q.effective && q.inherited.value_or(false) && !q.domain_id.empty()) {
    wrong =
        "Combining effective, domain and inherited filters will always result in an empty list.";
  }
  if (wrong) throw Fault::bad_request(wrong);
}

std::vector<Assignment> read_rows(db::Session& session, const Where& where) {
  std::vector<db::Bind> binds;
  where.append_binds(binds);
  std::string sql =
      "SELECT actor_kind, actor_id, target_kind, target_id, role_id, inherited FROM "
      "role_assignments";
  if (!where.empty()) sql += " WHERE " + where.sql();
  std::vector<Assignment> all;
  db::Rows rows = session.query(sql + " ORDER BY actor_id, target_id, role_id", binds);
  while (rows.next()) {
    Assignment a;
    (rows.text(0) == "user" ? a.user_id : a.group_id) = rows.text(1);
    a.is_system = rows.text(2) == "system";
    if (!a.is_system) (rows.text(2) == "project" ? a.project_id : a.domain_id) = rows.text(3);
    a.role_id = rows.text(4);
    a.inherited = rows.boolean(5);
    all.push_back(std::move(a));
  }
  return all;
}

std::vector<std::string> of_interest(const Question& q) {
  std::vector<std::string> ids = q.subtree_ids;
  ids.push_back(q.project_id);
  return ids;
}

std::vector<Assignment> direct(db::Session& session, const Question& q) {
  Where where;
  if (!q.user_id.empty()) where.equals("actor_kind", "user").equals("actor_id", q.user_id);
  if (!q.group_id.empty()) where.equals("actor_kind", "group").equals("actor_id", q.group_id);
  if (!q.role_id.empty()) where.equals("role_id", q.role_id);
  if (!q.project_id.empty()) {
    where.equals("target_kind", "project").in("target_id", of_interest(q));
  }
  if (!q.domain_id.empty()) where.equals("target_kind", "domain").equals("target_id", q.domain_id);
  if (q.on_system) where.equals("target_kind", "system");
  if (q.inherited) where.and_("inherited = ? OR target_kind = 'system'", {*q.inherited});
  return read_rows(session, where);
}

// Where an inherited assignment may stand that matters to the project.
std::vector<std::string> sources(const State& state, db::Session& session, const Question& q) {
  std::vector<std::string> ids;
  for (const auto& p : parents_of(state, session, q.project_id)) ids.push_back(p.id);
  if (!q.subtree) return ids;
  const auto own = of_interest(q);
  ids.insert(ids.end(), own.begin(), own.end());
  return ids;
}

Where candidates(const State& state, db::Session& session, const Question& q) {
  Where where;
  where.and_("target_kind <> 'system'");
  if (!q.user_id.empty()) {
    where.and_(
        "(actor_kind = 'user' AND actor_id = ?) OR (actor_kind = 'group' AND actor_id IN "
        "(SELECT group_id FROM group_members_now WHERE user_id = ?))",
        {q.user_id, q.user_id});
  }
  if (!q.domain_id.empty()) {
    return where.and_("inherited = 0")
        .equals("target_kind", "domain")
        .equals("target_id", q.domain_id);
  }
  if (q.inherited) where.equals("inherited", *q.inherited);
  if (q.project_id.empty()) return where;
  const Where own = Where()
                        .and_("inherited = 0")
                        .equals("target_kind", "project")
                        .in("target_id", of_interest(q));
  const Where above = Where().and_("inherited = 1").in("target_id", sources(state, session, q));
  std::vector<db::Bind> binds;
  own.append_binds(binds);
  above.append_binds(binds);
  return where.and_(fmt::format("({}) OR ({})", own.sql(), above.sql()), binds);
}

std::vector<std::string> ids(db::Session& session, std::string_view sql, const std::string& id) {
  std::vector<std::string> found;
  db::Rows rows = session.query(sql, {id});
  while (rows.next()) found.push_back(rows.string(0));
  return found;
}

using IdsOf = std::function<std::vector<std::string>(const std::string&)>;

// Each answer is sought once.
IdsOf memoized(IdsOf find) {
  auto known = std::make_shared<std::map<std::string, std::vector<std::string>>>();
  return [find = std::move(find), known](const std::string& id) {
    const auto [at, fresh] = known->try_emplace(id);
    if (fresh) at->second = find(id);
    return at->second;
  };
}

std::vector<Assignment> effective(const State& state, db::Session& session, const Question& q) {
  const auto graph = RoleGraph::read(session);
  AssignmentWorld world;
  world.members = memoized([&](const std::string& id) {
    return ids(session, "SELECT user_id FROM group_members_now WHERE group_id = ?", id);
  });
  world.in_domain = memoized([&](const std::string& id) {
    return ids(session, "SELECT id FROM projects WHERE domain_id = ?", id);
  });
  world.below_project = memoized([&](const std::string& id) {
    std::vector<std::string> below;
    for (const auto& p : subtree_of(state, session, id)) below.push_back(p.id);
    return below;
  });
  world.implied = [&](const std::string& id) {
    const auto* role = graph->find(id);
    return role ? role->implies : std::vector<std::string>();
  };
  auto all = effective_assignments(read_rows(session, candidates(state, session, q)),
                                   {q.user_id, q.project_id, q.subtree_ids, q.subtree}, world);
  std::erase_if(all, [&](const Assignment& a) {
    const auto* role = graph->find(a.role_id);
    return !role || !role->domain_id.empty() || (!q.role_id.empty() && a.role_id != q.role_id);
  });
  return all;
}

// A domain's token sees what is assigned in its domain.
void keep_own_domain(const Call& call, const State& state, db::Session& session,
                     std::vector<Assignment>& all) {
  const auto& domain = call.caller().domain_id.text;
  if (domain.empty()) return;
  std::erase_if(all, [&](const Assignment& a) {
    if (a.domain_id == domain) return false;
    const auto project = state.projects.find(session, a.project_id);
    return !project || project->domain_id.text != domain;
  });
}

void enforce(const Call& call, const State& state, db::Session& session, Question& q) {
  access::PairsTarget target;
  if (!q.subtree) {
    const auto& domain = call.caller().domain_id.text;
    if (!domain.empty()) target.add("target.domain_id", domain);
    return call.enforce("identity:list_role_assignments", target);
  }
  std::optional<Project> project;
  if (!q.project_id.empty()) {
    project = project_or_fault(state, session, q.project_id);
    target.add("target.project.id", project->id);
    target.add("target.project.domain_id", project->domain_id.text);
    target.add("target.domain_id", project->domain_id.text);
  }
  call.enforce("identity:list_role_assignments_for_tree", target);
  if (!project) {
    throw Fault::bad_request(
        "scope.project.id must be specified if include_subtree is also specified");
  }
  for (const auto& p : subtree_of(state, session, q.project_id)) q.subtree_ids.push_back(p.id);
}

// Effective assignments reach through groups, whose members a directory may know better.
void sync_actors(const Call& call, State& state) {
  if (!call.query().has("effective")) return;
  sync_groups_with_roles(state);
  const auto* user = call.query().find("user.id");
  if (user) sync_user(state, *user, state.options.identity_cache_time);
}

http::Response list(Call& call, State& state) {
  sync_actors(call, state);
  return call.db().read([&](db::Session& session) {
    Question q = read_question(call);
    enforce(call, state, session, q);
    check(call, q);
    auto all = q.effective ? effective(state, session, q) : direct(session, q);
    if (!q.subtree) keep_own_domain(call, state, session, all);
    AssignmentNames names(state, session);
    json::Writer w;
    w.begin_object().key("role_assignments").begin_array();
    for (const Assignment& a : all) write_assignment(w, call, a, q.names ? &names : nullptr);
    w.end_array();
    write_list_links(w, call);
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

}  // namespace

void add_role_assignments(resource::Service& service, State& state) {
  service.route("GET", "/v3/role_assignments", [&](Call& c) { return list(c, state); });
}

}  // namespace haneul::keystone
