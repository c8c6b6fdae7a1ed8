#include "services/keystone/project_tree.h"

#include <map>
#include <set>

#include "services/keystone/auth.h"
#include "services/keystone/dialect.h"
#include "services/keystone/state.h"

namespace haneul::keystone {
namespace {

constexpr std::size_t kLevelsMax = 1000;  // against rows that point at each other

// upstream: openstack/keystone:keystone/server/flask/common.py (query_filter_is_true)
bool asks(const resource::Call& call, std::string_view key) {
  const std::string* value = call.query().find(key);
  return value && *value != "0";
}

std::set<std::string> own_projects(const State& state, const resource::Call& call,
                                   db::Session& session) {
  std::set<std::string> ids;
  for (const auto& p : state.projects.list(session, projects_of_user(call.caller().user_id.text))) {
    ids.insert(p.id);
  }
  return ids;
}

void write_list(const State& state, const resource::Call& call, db::Session& session,
                const char* key, const std::vector<Project>& projects, json::Writer& w) {
  const auto own = own_projects(state, call, session);
  w.key(key).begin_array();
  for (const Project& p : projects) {
    if (!own.contains(p.id)) continue;
    w.begin_object().key("project").begin_object();
    write_project_members(p, w);
    write_self_link(w, call, "/projects/" + p.id);
    w.end_object().end_object();
  }
  w.end_array();
}

void write_parent_ids(const std::vector<Project>& parents, json::Writer& w) {
  w.key("parents");
  for (const Project& p : parents) w.begin_object().key(p.id);
  w.null();
  for (std::size_t i = 0; i < parents.size(); ++i) w.end_object();
}

using Children = std::map<std::string, std::vector<std::string>>;

void write_children(const Children& children, const std::string& id, json::Writer& w,
                    std::size_t level) {
  const auto own = children.find(id);
  if (own == children.end() || level > kLevelsMax) {
    w.null();
    return;
  }
  w.begin_object();
  for (const auto& child : own->second) {
    w.key(child);
    write_children(children, child, w, level + 1);
  }
  w.end_object();
}

}  // namespace

std::vector<Project> parents_of(const State& state, db::Session& session, const std::string& id) {
  std::vector<Project> parents;
  auto project = state.projects.find(session, id);
  while (project && !project->parent_id.empty() && parents.size() < kLevelsMax) {
    project = state.projects.find(session, project->parent_id.text);
    if (project) parents.push_back(*project);
  }
  return parents;
}

std::vector<Project> subtree_of(const State& state, db::Session& session, const std::string& id) {
  resource::Where below;
  below.and_(
      "id IN (WITH RECURSIVE below(id) AS (SELECT id FROM projects WHERE parent_id = ? "
      "UNION SELECT p.id FROM projects p JOIN below b ON p.parent_id = b.id) "
      "SELECT id FROM below)",
      {id});
  return state.projects.list(session, below);
}

void write_tree_asked_for(const State& state, const resource::Call& call, db::Session& session,
                          const Project& project, json::Writer& w) {
  const bool parents_list = asks(call, "parents_as_list"),
             parents_ids = asks(call, "parents_as_ids");
  const bool subtree_list = asks(call, "subtree_as_list"),
             subtree_ids = asks(call, "subtree_as_ids");
  if (parents_list && parents_ids) {
    throw Fault::bad_request(
        "Cannot use parents_as_list and parents_as_ids query params at the "
        "same time.");
  }
  if (subtree_list && subtree_ids) {
    throw Fault::bad_request(
        "Cannot use subtree_as_list and subtree_as_ids query params at the "
        "same time.");
  }
  if (parents_list || parents_ids) {
    const auto parents = parents_of(state, session, project.id);
    if (parents_list) write_list(state, call, session, "parents", parents, w);
    if (parents_ids) write_parent_ids(parents, w);
  }
  if (!subtree_list && !subtree_ids) return;
  const auto subtree = subtree_of(state, session, project.id);
  if (subtree_list) return write_list(state, call, session, "subtree", subtree, w);
  Children children;
  for (const Project& p : subtree) children[p.parent_id.text].push_back(p.id);
  w.key("subtree");
  write_children(children, project.id, w, 0);
}

}  // namespace haneul::keystone
