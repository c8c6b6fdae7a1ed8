#include "services/keystone/directory_copy.h"

#include <algorithm>

#include "services/keystone/logic/public_id.h"

namespace haneul::keystone {
namespace {

void set_or_erase(json::Object& extra, const char* key, const std::optional<std::string>& value) {
  value ? static_cast<void>(extra.set(key, *value)) : static_cast<void>(extra.erase(key));
}

void fill(User& row, const DirectoryUser& user) {
  row.name = user.name;
  row.enabled = user.enabled;
  row.default_project_id = user.default_project_id;
  set_or_erase(row.extra, "description", user.description);
  set_or_erase(row.extra, "email", user.email);
}

void fill(Group& row, const DirectoryGroup& group) {
  row.name = group.name;
  row.description = group.description;
}

bool is_same(const User& a, const User& b) {
  return a.name == b.name && a.enabled == b.enabled &&
         a.default_project_id == b.default_project_id && a.extra == b.extra;
}

bool is_same(const Group& a, const Group& b) {
  return a.name == b.name && a.description == b.description;
}

std::vector<std::string> texts(db::Session& session, std::string_view sql,
                               std::initializer_list<db::Bind> binds) {
  std::vector<std::string> found;
  db::Rows rows = session.query(sql, binds);
  while (rows.next()) found.push_back(rows.string(0));
  return found;
}

template <class Row, class Said>
bool has_row(db::Session& session, const resource::Store<Row>& store, const std::string& id,
             const Said& said) {
  if (id.empty()) return false;
  const auto row = store.find(session, id);
  if (!row) return false;
  Row fresh = *row;
  fill(fresh, said);
  return is_same(*row, fresh);
}

}  // namespace

std::optional<Mapped> mapped(db::Session& session, std::string_view public_id,
                             std::string_view type) {
  db::Rows rows = session.query(
      "SELECT domain_id, local_id, fetched_at FROM id_mapping WHERE public_id = ? AND entity_type "
      "= ?",
      {public_id, type});
  if (!rows.next()) return std::nullopt;
  return Mapped{rows.string(0), rows.string(1), rows.instant(2)};
}

std::string DirectoryCopy::id_of(db::Session& session, std::string_view local_id,
                                 std::string_view type) const {
  return session
      .text(
          "SELECT public_id FROM id_mapping WHERE domain_id = ? AND local_id = ? AND entity_type "
          "= ?",
          {of_.domain_id, local_id, type})
      .value_or("");
}

std::string DirectoryCopy::id_for(db::Transaction& tx, const std::string& local_id,
                                  const char* type) const {
  std::string id = id_of(tx, local_id, type);
  if (!id.empty()) return id;
  id = of_.ids_are_local ? local_id : public_id(of_.domain_id, type, local_id);
  tx.execute(
      "INSERT INTO id_mapping (public_id, domain_id, local_id, entity_type) VALUES (?, ?, ?, ?)",
      {id, of_.domain_id, local_id, type});
  return id;
}

bool DirectoryCopy::has(db::Session& session, const DirectoryUser& user) const {
  return has_row(session, state_.users, id_of(session, user.local_id, "user"), user);
}

bool DirectoryCopy::has(db::Session& session, const DirectoryGroup& group) const {
  return has_row(session, state_.groups, id_of(session, group.local_id, "group"), group);
}

std::string DirectoryCopy::put(db::Transaction& tx, const DirectoryUser& user) const {
  const std::string id = id_for(tx, user.local_id, "user");
  const auto old = state_.users.find(tx, id);
  User fresh;
  if (old) fresh = *old;
  fill(fresh, user);
  if (old && is_same(*old, fresh)) return id;
  const auto taken =
      tx.text("SELECT id FROM users WHERE domain_id = ? AND name = ?", {of_.domain_id, user.name});
  if (taken && *taken != id) {
    if (!mapped(tx, *taken, "user")) return {};
    remove_user(tx, *taken);
  }
  if (old) {
    state_.users.update(tx, fresh);
  } else {
    fresh.id = id;
    fresh.domain_id = of_.domain_id;
    fresh.created_at = state_.now();
    state_.users.insert(tx, fresh);
  }
  state_.epochs.change_user(tx, id);
  return id;
}

std::string DirectoryCopy::put(db::Transaction& tx, const DirectoryGroup& group) const {
  const std::string id = id_for(tx, group.local_id, "group");
  const auto old = state_.groups.find(tx, id);
  Group fresh;
  if (old) fresh = *old;
  fill(fresh, group);
  if (old && is_same(*old, fresh)) return id;
  const auto taken = tx.text("SELECT id FROM user_groups WHERE domain_id = ? AND name = ?",
                             {of_.domain_id, group.name});
  if (taken && *taken != id) {
    if (!mapped(tx, *taken, "group")) return {};
    remove_group(tx, *taken);
  }
  if (old) {
    state_.groups.update(tx, fresh);
  } else {
    fresh.id = id;
    fresh.domain_id = of_.domain_id;
    state_.groups.insert(tx, fresh);
  }
  return id;
}

void DirectoryCopy::remove_user(db::Transaction& tx, const std::string& id) const {
  tx.execute("DELETE FROM group_members WHERE user_id = ?", {id});
  state_.users.remove(tx, id);
  state_.epochs.change_user(tx, id);
}

void DirectoryCopy::remove_group(db::Transaction& tx, const std::string& id) const {
  put_members(tx, id, {});
  state_.groups.remove(tx, id);
}

void DirectoryCopy::put_links(db::Transaction& tx, const std::string& id, std::string_view select,
                              std::vector<std::string> wanted, bool id_is_user) const {
  std::vector<std::string> there = texts(tx, select, {id});
  std::erase(wanted, std::string());
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  std::sort(there.begin(), there.end());
  const auto each = [&](const std::vector<std::string>& from,
                        const std::vector<std::string>& without, std::string_view sql) {
    std::vector<std::string> only;
    std::set_difference(from.begin(), from.end(), without.begin(), without.end(),
                        std::back_inserter(only));
    for (const auto& other : only) {
      const auto& user = id_is_user ? id : other;
      tx.execute(sql, {user, id_is_user ? other : id});
      state_.epochs.change_user(tx, user);
    }
  };
  each(there, wanted, "DELETE FROM group_members WHERE user_id = ? AND group_id = ?");
  each(wanted, there, "INSERT INTO group_members (user_id, group_id) VALUES (?, ?)");
}

void DirectoryCopy::put_groups(db::Transaction& tx, const std::string& user_id,
                               const std::vector<std::string>& group_ids) const {
  put_links(tx, user_id, "SELECT group_id FROM group_members WHERE user_id = ?", group_ids, true);
}

void DirectoryCopy::put_members(db::Transaction& tx, const std::string& group_id,
                                const std::vector<std::string>& user_ids) const {
  put_links(tx, group_id, "SELECT user_id FROM group_members WHERE group_id = ?", user_ids, false);
}

void DirectoryCopy::fetched(db::Transaction& tx, const std::string& id,
                            std::string_view type) const {
  tx.execute("UPDATE id_mapping SET fetched_at = ? WHERE public_id = ? AND entity_type = ?",
             {state_.now(), id, type});
}

std::vector<std::string> DirectoryCopy::users(db::Session& session) const {
  return texts(session,
               "SELECT u.id FROM users u JOIN id_mapping m ON m.public_id = u.id WHERE u.domain_id "
               "= ? AND m.entity_type = 'user'",
               {of_.domain_id});
}

std::vector<std::string> DirectoryCopy::groups(db::Session& session) const {
  return texts(session,
               "SELECT g.id FROM user_groups g JOIN id_mapping m ON m.public_id = g.id WHERE "
               "g.domain_id = ? AND m.entity_type = 'group'",
               {of_.domain_id});
}

std::optional<std::string> DirectoryCopy::user_named(db::Session& session,
                                                     std::string_view name) const {
  return session.text(
      "SELECT u.id FROM users u JOIN id_mapping m ON m.public_id = u.id WHERE u.domain_id = ? AND "
      "u.name = ? AND m.entity_type = 'user'",
      {of_.domain_id, name});
}

std::optional<std::string> DirectoryCopy::group_named(db::Session& session,
                                                      std::string_view name) const {
  return session.text(
      "SELECT g.id FROM user_groups g JOIN id_mapping m ON m.public_id = g.id WHERE g.domain_id = "
      "? AND g.name = ? AND m.entity_type = 'group'",
      {of_.domain_id, name});
}

void forget_copies(State& state, db::Transaction& tx, const std::string& domain_id, bool served) {
  tx.execute("UPDATE id_mapping SET fetched_at = 0 WHERE domain_id = ?", {domain_id});
  state.epochs.change_all(tx);
  if (served) return;
  constexpr std::string_view kGone[] = {
      "DELETE FROM group_members WHERE user_id IN (SELECT public_id FROM id_mapping WHERE "
      "domain_id = ?1) OR group_id IN (SELECT public_id FROM id_mapping WHERE domain_id = ?1)",
      "DELETE FROM users WHERE domain_id = ?1 AND id IN (SELECT public_id FROM id_mapping WHERE "
      "domain_id = ?1)",
      "DELETE FROM user_groups WHERE domain_id = ?1 AND id IN (SELECT public_id FROM id_mapping "
      "WHERE domain_id = ?1)"};
  for (const auto sql : kGone) tx.execute(sql, {domain_id});
}

}  // namespace haneul::keystone
