#include "services/keystone/auth_refs.h"

#include <fmt/format.h>

#include "services/keystone/dialect.h"
#include "services/keystone/login.h"
#include "services/keystone/state.h"

namespace haneul::keystone {
namespace {

using resource::Form;
using resource::Where;

void need_id_or_name(const Form& form, std::string_view path) {
  if (path.empty() || form.has("id") || form.has("name")) return;
  throw Fault::bad_request(
      fmt::format("Invalid input for field {}: id or name must be present.", path));
}

std::optional<DomainRef> read_domain_of(Form& form, std::string_view path) {
  auto domain = form.object("domain");
  if (!domain) return std::nullopt;
  return read_domain_ref(std::move(*domain),
                         path.empty() ? std::string() : fmt::format("{}/domain", path));
}

}  // namespace

std::string auth_text(Form& form, std::string_view key) {
  return form.text(key, kAuthText).value_or("");
}

DomainRef read_domain_ref(Form form, std::string_view path) {
  need_id_or_name(form, path);
  return {auth_text(form, "id"), auth_text(form, "name")};
}

UserRef read_user_ref(Form form, std::string_view path) {
  need_id_or_name(form, path);
  UserRef user;
  user.id = auth_text(form, "id");
  user.name = auth_text(form, "name");
  user.password = form.text("password", kAuthText);
  user.domain = read_domain_of(form, path);
  if (user.id.empty() && user.name.empty()) throw expected("id or name", "user");
  if (user.name.empty()) return user;
  if (!user.domain) throw expected("domain", "user");
  if (user.domain->id.empty() && user.domain->name.empty()) throw expected("id or name", "domain");
  return user;
}

ProjectRef read_project_ref(Form form) {
  need_id_or_name(form, "scope/project");
  ProjectRef project{auth_text(form, "id"), auth_text(form, "name"),
                     read_domain_of(form, "scope/project")};
  if (!project.name.empty() && !project.domain) throw expected("domain", "project");
  return project;
}

std::optional<Project> find_domain(const State& state, db::Session& session, const DomainRef& ref) {
  Where where;
  where.equals("is_domain", true).equals("enabled", true);
  where.equals(ref.name.empty() ? "id" : "name", ref.name.empty() ? ref.id : ref.name);
  return state.projects.first(session, where);
}

std::optional<Project> find_project(const State& state, db::Session& session,
                                    const ProjectRef& ref) {
  std::optional<Project> project;
  if (ref.name.empty()) {
    project = state.projects.find(session, ref.id);
  } else if (const auto domain = find_domain(state, session, *ref.domain)) {
    Where where;
    where.equals("domain_id", domain->id).equals("name", ref.name);
    project = state.projects.first(session, where);
  }
  return project && project->enabled ? project : std::nullopt;
}

std::optional<User> find_user(const State& state, db::Session& session, const UserRef& ref) {
  std::optional<User> user;
  DomainRef domain;
  if (ref.name.empty()) {
    user = state.users.find(session, ref.id);
    if (user) domain.id = user->domain_id;
  } else if (const auto found = find_domain(state, session, *ref.domain)) {
    domain.id = found->id;
    Where where;
    where.equals("domain_id", found->id).equals("name", ref.name);
    user = state.users.first(session, where);
  }
  if (!user || !is_enabled(state, *user) || !find_domain(state, session, domain))
    return std::nullopt;
  return user;
}

}  // namespace haneul::keystone
