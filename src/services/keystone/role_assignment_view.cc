#include "services/keystone/role_assignment_view.h"

#include <fmt/format.h>

#include "services/keystone/dialect.h"
#include "services/keystone/state.h"

namespace haneul::keystone {
namespace {

using Name = AssignmentNames::Name;

void write_entity(json::Writer& w, const char* key, const std::string& id, const Name* name,
                  bool with_domain = true) {
  w.key(key).begin_object().member("id", id);
  if (name) {
    w.member("name", name->name);
    if (with_domain) {
      w.key("domain").begin_object().member("id", name->domain_id);
      w.member("name", name->domain_name).end_object();
    }
  }
  w.end_object();
}

bool is_inherited(const Assignment& a) {
  return a.inherited || !a.via_project_id.empty() || !a.via_domain_id.empty();
}

void write_scope(json::Writer& w, const Assignment& a, AssignmentNames* names) {
  w.key("scope").begin_object();
  if (a.is_system) {
    w.key("system").begin_object().member("all", true).end_object();
  } else if (!a.project_id.empty()) {
    write_entity(w, "project", a.project_id, names ? &names->project(a.project_id) : nullptr);
  } else {
    write_entity(w, "domain", a.domain_id, names ? &names->project(a.domain_id) : nullptr, false);
  }
  if (is_inherited(a)) w.member("OS-INHERIT:inherited_to", "projects");
  w.end_object();
}

std::string target_path(const Assignment& a) {
  if (a.is_system) return "/system";
  if (!a.via_domain_id.empty()) return "/domains/" + a.via_domain_id;
  if (!a.via_project_id.empty()) return "/projects/" + a.via_project_id;
  return a.project_id.empty() ? "/domains/" + a.domain_id : "/projects/" + a.project_id;
}

// Where the assignment that this one comes from can be taken back.
std::string assignment_path(const Assignment& a) {
  const auto& group = a.via_group_id.empty() ? a.group_id : a.via_group_id;
  const std::string actor = group.empty() ? "/users/" + a.user_id : "/groups/" + group;
  const auto& role = a.via_role_id.empty() ? a.role_id : a.via_role_id;
  const std::string path = fmt::format("{}{}/roles/{}", target_path(a), actor, role);
  return is_inherited(a) ? "/OS-INHERIT" + path + "/inherited_to_projects" : path;
}

void write_links(json::Writer& w, const resource::Call& call, const Assignment& a) {
  const std::string base = v3_url(call);
  w.key("links").begin_object().member("assignment", base + assignment_path(a));
  if (!a.via_group_id.empty()) {
    w.member("membership", fmt::format("{}/groups/{}/users/{}", base, a.via_group_id, a.user_id));
  }
  if (!a.via_role_id.empty()) {
    w.member("prior_role",
             fmt::format("{}/prior_role/{}/implies/{}", base, a.role_id, a.via_role_id));
  }
  w.end_object();
}

}  // namespace

template <class Find>
const Name& AssignmentNames::look_up(char kind, const std::string& id, Find&& find) {
  const auto [at, fresh] = known_.try_emplace(kind + id);
  if (!fresh) return at->second;
  if (const auto row = find()) {
    at->second.name = row->name;
    at->second.domain_id = row->domain_id;
    if (!at->second.domain_id.empty()) {
      const auto domain = state_.projects.find(session_, at->second.domain_id);
      if (domain) at->second.domain_name = domain->name;
    }
  }
  return at->second;
}

const Name& AssignmentNames::user(const std::string& id) {
  return look_up('u', id, [&] { return state_.users.find(session_, id); });
}
const Name& AssignmentNames::group(const std::string& id) {
  return look_up('g', id, [&] { return state_.groups.find(session_, id); });
}
const Name& AssignmentNames::project(const std::string& id) {
  return look_up('p', id, [&] { return state_.projects.find(session_, id); });
}
const Name& AssignmentNames::role(const std::string& id) {
  return look_up('r', id, [&] { return state_.roles.find(session_, id); });
}

void write_assignment(json::Writer& w, const resource::Call& call, const Assignment& a,
                      AssignmentNames* names) {
  w.begin_object();
  write_links(w, call, a);
  write_scope(w, a, names);
  if (!a.user_id.empty()) {
    write_entity(w, "user", a.user_id, names ? &names->user(a.user_id) : nullptr);
  } else {
    write_entity(w, "group", a.group_id, names ? &names->group(a.group_id) : nullptr);
  }
  const Name* role = names ? &names->role(a.role_id) : nullptr;
  write_entity(w, "role", a.role_id, role, role && !role->domain_id.empty());
  w.end_object();
}

}  // namespace haneul::keystone
