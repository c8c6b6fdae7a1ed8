#include "services/keystone/adopt/noun.h"

// Roles, what implies what, and who has which where.
namespace haneul::keystone {
namespace {

constexpr std::string_view kNoDomain = "<<null>>";

// The one option that roles have.
constexpr const char* kRoles =
    "SELECT r.id, r.name, r.domain_id, r.description, r.extra, o.option_value FROM role r "
    "LEFT JOIN role_option o ON o.role_id = r.id AND o.option_id = 'IMMU'";

AdoptedNoun role_noun() {
  return {
      .name = "roles",
      .here = {"roles", {"id", "name", "domain_id", "description", "extra", "options"}, 1, {1, 2}},
      .select = kRoles,
      .map =
          [](const Given& g, Cells& cells, Here&) {
            const std::string option = g.text(5);
            const bool known = option == "true" || option == "false";
            cells = {
                g.text(0),         g.text(1),   g.text(2) == kNoDomain ? "" : g.text(2),
                g.text_or_null(3), g.object(4), known ? "{\"immutable\":" + option + "}" : "{}"};
            return std::string();
          },
      .refers = {{2, "projects", "domain"}},
      .bootstrapped = {"admin", "manager", "member", "reader", "service"}};
}

AdoptedNoun implied_role_noun() {
  return {.name = "implied roles",
          .here = {"implied_roles", {"prior_role_id", "implied_role_id"}, 2},
          .select = "SELECT prior_role_id, implied_role_id FROM implied_role",
          .map =
              [](const Given& g, Cells& cells, Here&) {
                cells = {g.text(0), g.text(1)};
                return std::string();
              },
          .refers = {{0, "roles", "role"}, {1, "roles", "role"}}};
}

// UserProject, GroupDomain, UserSystem, …
std::string map_assignment(const Given& g, Cells& cells, Here& here) {
  const std::string type = g.text(0);
  const bool user = type.starts_with("User");
  if (!user && !type.starts_with("Group")) return "of an unknown type, " + type;
  const std::string target = type.substr(user ? 4 : 5);
  const std::string kind = target == "Project"  ? "project"
                           : target == "Domain" ? "domain"
                           : target == "System" ? "system"
                                                : "";
  if (kind.empty()) return "of an unknown type, " + type;
  if (!here.has(user ? "users" : "user_groups", g.text(1)) &&
      !here.is_of_directory(g.text(1), user ? "user" : "group")) {
    return user ? "its user is not here" : "its group is not here";
  }
  if (kind != "system" && !here.has("projects", g.text(2))) return "its " + kind + " is not here";
  cells = {g.text(1), g.text(2), g.text(3), std::int64_t{g.flag(4)}, user ? "user" : "group", kind};
  return {};
}

AdoptedNoun assignment_noun(std::string_view name, std::string_view table) {
  return {
      .name = name,
      .here = {"role_assignments",
               {"actor_id", "target_id", "role_id", "inherited", "actor_kind", "target_kind"},
               6},
      .select = "SELECT type, actor_id, target_id, role_id, inherited FROM " + std::string(table),
      .map = map_assignment,
      .refers = {{2, "roles", "role"}}};
}

}  // namespace

std::vector<AdoptedNoun> assignment_nouns() {
  return {role_noun(), implied_role_noun(), assignment_noun("role assignments", "assignment"),
          assignment_noun("system assignments", "system_assignment")};
}

}  // namespace haneul::keystone
