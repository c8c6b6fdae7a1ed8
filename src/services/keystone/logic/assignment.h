#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace haneul::keystone {

// Who has which role where. Exactly one of user and group, and one of project, domain and system,
// is set. `via_…` tell where a derived one comes from.
struct Assignment {
  std::string user_id, group_id;
  std::string project_id, domain_id;
  bool is_system = false;
  std::string role_id;
  bool inherited = false;
  std::string via_group_id, via_project_id, via_domain_id, via_role_id;

  bool operator==(const Assignment&) const = default;
};

// What derives assignments from others.
struct AssignmentWorld {
  std::function<std::vector<std::string>(const std::string& group_id)> members;
  // Projects below a project or in a domain.
  std::function<std::vector<std::string>(const std::string& project_id)> below_project;
  std::function<std::vector<std::string>(const std::string& domain_id)> in_domain;
  std::function<std::vector<std::string>(const std::string& role_id)> implied;
};

struct AssignmentFilter {
  std::string user_id;               // only this user
  std::string project_id;            // only this project …
  std::vector<std::string> subtree;  // … and those below it
  bool with_subtree = false;
};

// Groups become their members, inherited ones the projects they reach, prior roles also what they
// imply. upstream: openstack/keystone:keystone/assignment/core.py (_list_effective_…)
std::vector<Assignment> effective_assignments(const std::vector<Assignment>& direct,
                                              const AssignmentFilter& filter,
                                              const AssignmentWorld& world);

}  // namespace haneul::keystone
