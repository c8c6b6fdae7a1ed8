#include <map>

#include "base/text.h"
#include "json/value.h"
#include "services/keystone/adopt/noun.h"

// Domains, projects, users and groups.
namespace haneul::keystone {
namespace {

// Options stand in rows under four letters.
// upstream: openstack/keystone:keystone/identity/backends/resource_options.py
constexpr std::pair<std::string_view, std::string_view> kOptionNames[] = {
    {"1000", "ignore_change_password_upon_first_use"},
    {"1001", "ignore_password_expiry"},
    {"1002", "ignore_lockout_failure_attempts"},
    {"1003", "lock_password"},
    {"1004", "ignore_user_inactivity"},
    {"MFAR", "multi_factor_auth_rules"},
    {"MFAE", "multi_factor_auth_enabled"},
    {"IMMU", "immutable"}};

// By the id of the row that has them, as they are kept here.
using ById = std::shared_ptr<const std::map<std::string, std::string, std::less<>>>;

ById read_options(db::Foreign& source, const std::string& select) {
  std::map<std::string, json::Object> options;
  source.each(select, [&](db::Foreign::Values values) {
    const Given given(values);
    const auto value = json::parse(given.text(2));
    for (const auto& [code, name] : kOptionNames) {
      if (value && !value->is_null() && given.text(1) == code) {
        options[given.text(0)].set(name, *value);
      }
    }
  });
  std::map<std::string, std::string, std::less<>> texts;
  for (const auto& [id, object] : options) texts[id] = json::dump(object);
  return std::make_shared<const std::map<std::string, std::string, std::less<>>>(std::move(texts));
}

ById read_tags(db::Foreign& source) {
  std::map<std::string, json::Array> tags;
  source.each("SELECT project_id, name FROM project_tag ORDER BY project_id, name",
              [&](db::Foreign::Values values) {
                const Given given(values);
                tags[given.text(0)].emplace_back(given.text(1));
              });
  std::map<std::string, std::string, std::less<>> texts;
  for (auto& [id, list] : tags) texts[id] = json::dump(json::Value(std::move(list)));
  return std::make_shared<const std::map<std::string, std::string, std::less<>>>(std::move(texts));
}

std::string found_or(const ById& all, const std::string& id, const char* otherwise) {
  const auto found = all->find(id);
  return found == all->end() ? otherwise : found->second;
}

AdoptedNoun project_noun(bool domains, const ById& options, const ById& tags) {
  return {.name = domains ? "domains" : "projects",
          .here = {"projects",
                   {"id", "name", "domain_id", "parent_id", "is_domain", "enabled", "description",
                    "tags", "options", "extra"},
                   1,
                   {1, 2}},
          .select =
              std::string("SELECT id, name, domain_id, parent_id, enabled, description, extra "
                          "FROM project WHERE id <> '<<keystone.domain.root>>' AND is_domain = ") +
              (domains ? "1" : "0"),
          .map =
              [=](const Given& g, Cells& cells, Here&) {
                const std::string id = g.text(0);
                cells = {id,
                         g.text(1),
                         domains ? "" : g.text(2),
                         domains ? "" : g.text(3),
                         std::int64_t{domains},
                         std::int64_t{g.flag(4)},
                         g.text_or_null(5),
                         found_or(tags, id, "[]"),
                         found_or(options, id, "{}"),
                         g.object(6)};
                return std::string();
              },
          .refers = {{2, "projects", "domain"}},
          .bootstrapped = domains ? std::set<std::string, std::less<>>()
                                  : std::set<std::string, std::less<>>{"admin", "demo", "service"}};
}

// The password that counts is the youngest. Whom a directory or a provider knows has a name there.
constexpr const char* kUsers =
    "SELECT u.id, COALESCE(l.name, n.name), u.domain_id, u.enabled, u.default_project_id, "
    "p.password_hash, p.created_at_int, p.expires_at_int, u.created_at, u.extra, p.self_service, "
    "u.last_active_at, (SELECT COALESCE(f.display_name, f.unique_id) FROM federated_user f "
    "WHERE f.user_id = u.id ORDER BY f.id LIMIT 1) FROM `user` u "
    "LEFT JOIN local_user l ON l.user_id = u.id "
    "LEFT JOIN nonlocal_user n ON n.user_id = u.id "
    "LEFT JOIN password p ON p.id = (SELECT q.id FROM password q WHERE q.local_user_id = l.id "
    "ORDER BY q.created_at_int DESC, q.id DESC LIMIT 1)";

const Shape& user_shape() {
  static const Shape shape{
      "users",
      {"id", "name", "domain_id", "enabled", "default_project_id", "password_hash",
       "password_created_at", "password_expires_at", "created_at", "options", "extra",
       "password_self_service", "last_active_at"},
      1,
      {1, 2}};
  return shape;
}

// Providers may call two users of a domain alike; here the second has its id behind the name.
void name_federated(const Given& g, Cells& cells, Here& here) {
  cells[1] = g.text(12);
  if (here.other_of_name(user_shape(), cells)) cells[1] = g.text(12) + " " + g.text(0);
}

// Who has logged in here since was not away.
Cell later_day(const Given& g, Here& here) {
  const Cell there = g.day_or_null(11);
  const auto text = here.text("users", "last_active_at", g.text(0));
  const auto known = text ? parse_int(*text) : std::nullopt;
  const auto* given = std::get_if<std::int64_t>(&there);
  return known && (!given || *given < *known) ? Cell(*known) : there;
}

AdoptedNoun user_noun(const ById& options) {
  return {.name = "users",
          .here = user_shape(),
          .select = kUsers,
          .map = [options](const Given& g, Cells& cells, Here& here) -> std::string {
            if (g.is_null(1) && g.is_null(12)) return "without a name";
            const auto created = g.time_or_null(8);
            cells = {
                g.text(0),
                g.text(1),
                g.text(2),
                std::int64_t{g.flag(3)},
                g.text_or_null(4),
                g.text_or_null(5),
                g.is_null(5) ? Cell(nullptr) : g.number_or_null(6),
                g.is_null(5) ? Cell(nullptr) : g.number_or_null(7),
                std::holds_alternative<std::nullptr_t>(created) ? Cell(std::int64_t{0}) : created,
                found_or(options, g.text(0), "{}"),
                g.object(9),
                std::int64_t{g.flag(10)},
                later_day(g, here)};
            if (g.is_null(1)) name_federated(g, cells, here);
            return {};
          },
          .refers = {{2, "projects", "domain"}},
          .bootstrapped = {"admin", "demo"}};
}

// In their order, for the newest are those that may not come again.
AdoptedNoun former_password_noun() {
  return {.name = "former passwords",
          .here = {"former_passwords",
                   {"user_id", "created_at", "password_hash", "expires_at", "self_service"},
                   2},
          .select =
              "SELECT l.user_id, q.created_at_int, q.password_hash, q.expires_at_int, "
              "q.self_service FROM password q JOIN local_user l ON l.id = q.local_user_id "
              "WHERE q.id <> (SELECT p.id FROM password p WHERE p.local_user_id = q.local_user_id "
              "ORDER BY p.created_at_int DESC, p.id DESC LIMIT 1) ORDER BY q.created_at_int, q.id",
          .map = [](const Given& g, Cells& cells, Here&) -> std::string {
            if (g.is_null(2)) return "without a hash";
            cells = {g.text(0), g.number(1), g.text(2), g.number(g.is_null(3) ? 1 : 3),
                     std::int64_t{g.flag(4)}};
            return {};
          },
          .refers = {{0, "users", "user"}}};
}

AdoptedNoun group_noun() {
  return {.name = "groups",
          .here = {"user_groups", {"id", "name", "domain_id", "description", "extra"}, 1, {1, 2}},
          .select = "SELECT id, name, domain_id, description, extra FROM `group`",
          .map =
              [](const Given& g, Cells& cells, Here&) {
                cells = {g.text(0), g.text(1), g.text(2), g.text_or_null(3), g.object(4)};
                return std::string();
              },
          .refers = {{2, "projects", "domain"}}};
}

AdoptedNoun member_noun() {
  return {.name = "group members",
          .here = {"group_members", {"user_id", "group_id"}, 2},
          .select = "SELECT user_id, group_id FROM user_group_membership",
          .map =
              [](const Given& g, Cells& cells, Here&) {
                cells = {g.text(0), g.text(1)};
                return std::string();
              },
          .refers = {{0, "users", "user"}, {1, "user_groups", "group"}}};
}

}  // namespace

std::vector<AdoptedNoun> identity_nouns(db::Foreign& source) {
  const auto projects =
      read_options(source, "SELECT project_id, option_id, option_value FROM project_option");
  const auto users =
      read_options(source, "SELECT user_id, option_id, option_value FROM user_option");
  const auto tags = read_tags(source);
  return {project_noun(true, projects, tags),
          project_noun(false, projects, tags),
          user_noun(users),
          former_password_noun(),
          group_noun(),
          member_noun(),
          directory_id_noun()};
}

}  // namespace haneul::keystone
