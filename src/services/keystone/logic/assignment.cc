#include "services/keystone/logic/assignment.h"

#include <algorithm>

namespace haneul::keystone {
namespace {

std::vector<Assignment> with_members(const Assignment& a, const AssignmentFilter& filter,
                                     const AssignmentWorld& world) {
  if (a.group_id.empty()) return {a};
  std::vector<Assignment> all;
  for (const auto& user : world.members(a.group_id)) {
    if (!filter.user_id.empty() && user != filter.user_id) continue;
    Assignment one = a;
    one.user_id = user;
    one.via_group_id = std::move(one.group_id);
    one.group_id.clear();
    all.push_back(std::move(one));
  }
  return all;
}

// Where an inherited assignment is felt.
std::vector<std::string> reach(const Assignment& a, const AssignmentFilter& filter,
                               const AssignmentWorld& world) {
  if (filter.project_id.empty()) {
    return a.domain_id.empty() ? world.below_project(a.project_id) : world.in_domain(a.domain_id);
  }
  std::vector<std::string> projects{filter.project_id};
  if (!filter.with_subtree) return projects;
  projects.insert(projects.end(), filter.subtree.begin(), filter.subtree.end());
  const bool inside = std::find(projects.begin(), projects.end(), a.project_id) != projects.end();
  return inside ? world.below_project(a.project_id) : projects;
}

std::vector<Assignment> on_projects(const Assignment& a, const AssignmentFilter& filter,
                                    const AssignmentWorld& world) {
  if (!a.inherited) return {a};
  std::vector<Assignment> all;
  for (const auto& project : reach(a, filter, world)) {
    Assignment one = a;
    one.via_project_id = a.project_id;
    one.via_domain_id = a.domain_id;
    one.project_id = project;
    one.domain_id.clear();
    one.inherited = false;
    all.push_back(std::move(one));
  }
  return all;
}

void add_implied(std::vector<Assignment>& all, const AssignmentWorld& world) {
  std::map<std::string, std::vector<std::string>> known;
  const auto implied_by = [&](const std::string& role) -> const std::vector<std::string>& {
    const auto found = known.find(role);
    return found != known.end() ? found->second : known[role] = world.implied(role);
  };
  const std::size_t given = all.size();
  for (std::size_t first = 0; first < given; ++first) {
    // One assignment's closure: each pair of prior and implied role once.
    std::vector<Assignment> own{all[first]};
    for (std::size_t i = 0; i < own.size(); ++i) {
      for (const auto& role : implied_by(own[i].role_id)) {
        Assignment one = own[i];
        one.via_role_id = own[i].role_id;
        one.role_id = role;
        if (std::find(own.begin(), own.end(), one) == own.end()) own.push_back(std::move(one));
      }
    }
    all.insert(all.end(), own.begin() + 1, own.end());
  }
}

}  // namespace

std::vector<Assignment> effective_assignments(const std::vector<Assignment>& direct,
                                              const AssignmentFilter& filter,
                                              const AssignmentWorld& world) {
  std::vector<Assignment> all;
  for (const Assignment& a : direct) {
    for (const Assignment& of_user : with_members(a, filter, world)) {
      auto placed = on_projects(of_user, filter, world);
      std::move(placed.begin(), placed.end(), std::back_inserter(all));
    }
  }
  add_implied(all, world);
  return all;
}

}  // namespace haneul::keystone
