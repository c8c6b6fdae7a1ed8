#include "services/keystone/role_graph.h"

#include <algorithm>

#include "json/writer.h"

namespace haneul::keystone {

std::shared_ptr<const RoleGraph> RoleGraph::read(db::Session& session) {
  auto graph = std::make_shared<RoleGraph>();
  {
    db::Rows rows = session.query("SELECT id, name, domain_id FROM roles");
    while (rows.next()) {
      graph->nodes_[rows.string(0)] = {rows.string(0), rows.string(1), rows.string(2), {}};
    }
  }
  db::Rows rows = session.query("SELECT prior_role_id, implied_role_id FROM implied_roles");
  while (rows.next()) {
    const auto prior = graph->nodes_.find(rows.text(0));
    if (prior != graph->nodes_.end()) prior->second.implies.push_back(rows.string(1));
  }
  return graph;
}

const RoleGraph::Node* RoleGraph::find(std::string_view id) const {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : &found->second;
}

std::vector<const RoleGraph::Node*> RoleGraph::closure(const std::vector<std::string>& ids,
                                                       bool with_domain_roles) const {
  std::set<std::string_view> seen;
  std::vector<const Node*> todo, found;
  const auto visit = [&](const std::string& id) {
    const Node* node = find(id);
    if (node && seen.insert(node->id).second) todo.push_back(node);
  };
  for (const auto& id : ids) visit(id);
  while (!todo.empty()) {
    const Node* node = todo.back();
    todo.pop_back();
    if (with_domain_roles || node->domain_id.empty()) found.push_back(node);
    for (const auto& id : node->implies) visit(id);
  }
  std::sort(found.begin(), found.end(),
            [](const Node* a, const Node* b) { return a->name < b->name; });
  return found;
}

bool RoleGraph::reaches(std::string_view prior, std::string_view implied) const {
  for (const Node* node : closure({std::string(prior)}, true)) {
    if (node->id == implied) return true;
  }
  return false;
}

std::shared_ptr<const RoleGraph> RoleGraphCache::get(db::Session& session, std::uint64_t epoch) {
  {
    const std::lock_guard lock(mutex_);
    if (graph_ && epoch_ == epoch) return graph_;
  }
  auto fresh = RoleGraph::read(session);
  const std::lock_guard lock(mutex_);
  if (!graph_ || epoch >= epoch_) {
    graph_ = fresh;
    epoch_ = epoch;
  }
  return fresh;
}

namespace {

constexpr std::string_view kOnTarget =
    "SELECT DISTINCT role_id FROM role_assignments WHERE target_id = ? AND target_kind = ? "
    "AND inherited = 0 AND ((actor_kind = 'user' AND actor_id = ?) OR (actor_kind = 'group' AND "
    "actor_id IN (SELECT group_id FROM group_members_now WHERE user_id = ? UNION "
    "SELECT value FROM json_each(?))))";

constexpr std::string_view kOnProject =
    "WITH RECURSIVE above(id) AS (SELECT parent_id FROM projects WHERE id = ? "
    "UNION SELECT p.parent_id FROM projects p JOIN above ON p.id = above.id) "
    "SELECT DISTINCT role_id FROM role_assignments WHERE "
    "((target_id = ? AND target_kind = 'project' AND inherited = 0) OR "
    "(inherited = 1 AND target_id IN (SELECT id FROM above WHERE id <> ''))) "
    "AND ((actor_kind = 'user' AND actor_id = ?) OR (actor_kind = 'group' AND "
    "actor_id IN (SELECT group_id FROM group_members_now WHERE user_id = ? UNION "
    "SELECT value FROM json_each(?))))";

}  // namespace

std::vector<std::string> assigned_roles(db::Session& session, std::string_view user_id,
                                        const RoleTarget& target,
                                        const std::vector<std::string>& more_groups) {
  using Kind = RoleTarget::Kind;
  const auto kind = target.kind == Kind::domain ? "domain" : "system";
  const std::string groups = json::Writer().value(more_groups).take();
  db::Rows rows = target.kind == Kind::project
                      ? session.query(kOnProject, {target.id, target.id, user_id, user_id, groups})
                      : session.query(kOnTarget, {target.id, kind, user_id, user_id, groups});
  std::vector<std::string> roles;
  while (rows.next()) roles.push_back(rows.string(0));
  return roles;
}

}  // namespace haneul::keystone
