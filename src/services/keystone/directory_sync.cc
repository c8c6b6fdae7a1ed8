#include "services/keystone/directory_sync.h"

#include <algorithm>
#include <map>
#include <set>

#include "services/keystone/auth_refs.h"
#include "services/keystone/dialect.h"
#include "services/keystone/directory_copy.h"
#include "services/keystone/domain_config.h"

// upstream: openstack/keystone:keystone/identity/core.py
namespace haneul::keystone {
namespace {

constexpr std::size_t kRowsOfOneCommit = 500;
constexpr std::int64_t kGroupsOfOneList = 50;

using Of = std::shared_ptr<const DirectoryOf>;

struct Known {
  Mapped entry;
  Of of;
};

// Nothing for what is in tables, and for what was seen more recently than that.
std::optional<Known> known(State& state, const std::string& id, std::string_view type,
                           Duration older_than) {
  if (!state.directories.may_exist()) return std::nullopt;
  return state.world.db.read([&](db::Session& session) -> std::optional<Known> {
    const auto entry = mapped(session, id, type);
    if (!entry || entry->fetched_at + older_than > state.now()) return std::nullopt;
    auto of = state.directories.find(session, entry->domain_id);
    if (!of) return std::nullopt;
    return Known{*entry, std::move(of)};
  });
}

Of directory_of(State& state, std::string_view domain_id) {
  if (!state.directories.may_exist()) return nullptr;
  return state.world.db.read(
      [&](db::Session& session) { return state.directories.find(session, domain_id); });
}

// What was asked of a directory that serves the domain no more is not written down.
template <class Job>
void write(State& state, const Of& of, Job job) {
  state.world.db.write([&](db::Transaction& tx) {
    if (state.directories.find(tx, of->domain_id) == of) job(tx);
  });
}

struct UserFound {
  std::optional<DirectoryUser> user;
  std::vector<DirectoryGroup> groups;
};

template <class Find>
UserFound find_with_groups(State& state, const Of& of, Find find) {
  return state.directories.ask(*of, [&](DirectoryDomain& domain) {
    UserFound found{find(domain), {}};
    if (found.user) found.groups = domain.groups_of(*found.user);
    return found;
  });
}

std::string write_user(State& state, const Of& of, const UserFound& found) {
  std::string id;
  write(state, of, [&](db::Transaction& tx) {
    const DirectoryCopy copy(state, *of);
    id = copy.put(tx, *found.user);
    if (id.empty()) return;
    std::vector<std::string> groups;
    for (const auto& group : found.groups) groups.push_back(copy.put(tx, group));
    copy.put_groups(tx, id, groups);
    copy.fetched(tx, id, "user");
  });
  return id;
}

void remove_user(State& state, const Of& of, const std::string& id) {
  write(state, of, [&](db::Transaction& tx) { DirectoryCopy(state, *of).remove_user(tx, id); });
}

// Entries that the rows do not show yet, and rows that no entry stands behind.
template <class Entry>
struct Difference {
  std::vector<const Entry*> to_put;
  std::vector<std::string> to_remove;
};

template <class Entry>
Difference<Entry> compare(db::Session& session, const DirectoryCopy& copy,
                          const std::vector<Entry>& entries, std::string_view type) {
  Difference<Entry> difference;
  std::set<std::string> seen, names;
  for (const Entry& entry : entries) {
    if (!names.insert(entry.name).second) continue;  // the first of a name is the one
    seen.insert(copy.id_of(session, entry.local_id, type));
    if (!copy.has(session, entry)) difference.to_put.push_back(&entry);
  }
  for (auto& id : type == "user" ? copy.users(session) : copy.groups(session)) {
    if (!seen.contains(id)) difference.to_remove.push_back(std::move(id));
  }
  return difference;
}

template <class Job>
void in_portions(State& state, const Of& of, std::size_t count, Job job) {
  for (std::size_t at = 0; at < count; at += kRowsOfOneCommit) {
    const auto end = std::min(at + kRowsOfOneCommit, count);
    write(state, of, [&](db::Transaction& tx) {
      for (std::size_t i = at; i < end; ++i) job(tx, i);
    });
  }
}

// The domain's rows are then these entries.
template <class Entry>
void write_all(State& state, const Of& of, const std::vector<Entry>& entries,
               std::string_view type) {
  const DirectoryCopy copy(state, *of);
  const auto difference = state.world.db.read(
      [&](db::Session& session) { return compare(session, copy, entries, type); });
  in_portions(state, of, difference.to_remove.size(), [&](db::Transaction& tx, std::size_t i) {
    const auto& id = difference.to_remove[i];
    type == "user" ? copy.remove_user(tx, id) : copy.remove_group(tx, id);
  });
  in_portions(state, of, difference.to_put.size(),
              [&](db::Transaction& tx, std::size_t i) { copy.put(tx, *difference.to_put[i]); });
}

// The domain that a list is of.
// upstream: openstack/keystone:keystone/server/flask/common.py (get_domain_id_for_list_request)
std::string listed_domain(const State& state, const resource::Call& call) {
  if (const auto* asked = call.query().find("domain_id"); asked && !asked->empty()) return *asked;
  if (!state.options.domain_drivers) return std::string(kDefaultDomain);
  const auto& caller = call.caller();
  if (!caller.domain_id.empty()) return caller.domain_id.text;
  if (!caller.project_domain_id.empty()) return caller.project_domain_id.text;
  throw Fault::unauthorized("No domain information specified as part of list request");
}

void sync_group_named(State& state, const Of& of, const std::string& name) {
  const auto found =
      state.directories.ask(*of, [&](DirectoryDomain& domain) { return domain.group_named(name); });
  write(state, of, [&](db::Transaction& tx) {
    const DirectoryCopy copy(state, *of);
    if (found) return static_cast<void>(copy.put(tx, *found));
    if (const auto old = copy.group_named(tx, name)) copy.remove_group(tx, *old);
  });
}

// The user of a reference, where that is in a directory.
struct Referred {
  Of of;
  std::string local_id, name;  // one of them
};
// With a directory for the default domain, those who were there before (the program's own admin)
// can still log in.
bool is_in_tables(db::Session& session, const std::string& domain_id, const std::string& name) {
  const auto id =
      session.text("SELECT id FROM users WHERE domain_id = ? AND name = ?", {domain_id, name});
  return id && !mapped(session, *id, "user");
}

std::optional<Referred> referred(State& state, const UserRef& ref) {
  if (!state.directories.may_exist()) return std::nullopt;
  return state.world.db.read([&](db::Session& session) -> std::optional<Referred> {
    Referred who;
    std::string domain_id;
    if (ref.name.empty()) {
      const auto entry = mapped(session, ref.id, "user");
      if (!entry) return std::nullopt;
      who.local_id = entry->local_id;
      domain_id = entry->domain_id;
    } else if (const auto domain = find_domain(state, session, *ref.domain)) {
      who.name = ref.name;
      domain_id = domain->id;
    }
    who.of = state.directories.find(session, domain_id);
    if (who.of && who.of->ids_are_local && is_in_tables(session, domain_id, ref.name)) {
      return std::nullopt;
    }
    return who.of ? std::optional(std::move(who)) : std::nullopt;
  });
}

UserFound find_referred(State& state, const Referred& who) {
  return find_with_groups(state, who.of, [&](DirectoryDomain& domain) {
    return who.name.empty() ? domain.user(who.local_id) : domain.user_named(who.name);
  });
}

}  // namespace

void sync_user(State& state, const std::string& id, Duration older_than) {
  const auto old = known(state, id, "user", older_than);
  if (!old) return;
  const auto found = find_with_groups(
      state, old->of, [&](DirectoryDomain& domain) { return domain.user(old->entry.local_id); });
  if (!found.user) return remove_user(state, old->of, id);
  write_user(state, old->of, found);
}

void sync_group(State& state, const std::string& id, Duration older_than) {
  const auto old = known(state, id, "group", older_than);
  if (!old) return;
  const auto found = state.directories.ask(
      *old->of, [&](DirectoryDomain& domain) { return domain.group(old->entry.local_id); });
  write(state, old->of, [&](db::Transaction& tx) {
    const DirectoryCopy copy(state, *old->of);
    found ? static_cast<void>(copy.put(tx, *found)) : copy.remove_group(tx, id);
  });
}

void sync_members(State& state, const std::string& group_id, Duration older_than) {
  const auto old = known(state, group_id, "group", older_than);
  if (!old) return;
  struct Found {
    std::optional<DirectoryGroup> group;
    std::vector<DirectoryUser> members;
  };
  const auto found = state.directories.ask(*old->of, [&](DirectoryDomain& domain) {
    Found f{domain.group(old->entry.local_id), {}};
    if (f.group) f.members = domain.members_of(*f.group);
    return f;
  });
  write(state, old->of, [&](db::Transaction& tx) {
    const DirectoryCopy copy(state, *old->of);
    if (!found.group) return copy.remove_group(tx, group_id);
    copy.put(tx, *found.group);
    std::vector<std::string> ids;
    for (const auto& user : found.members) ids.push_back(copy.put(tx, user));
    copy.put_members(tx, group_id, ids);
    copy.fetched(tx, group_id, "group");
  });
}

void sync_groups_with_roles(State& state) {
  if (!state.directories.may_exist()) return;
  const auto old = state.world.db.read([&](db::Session& session) {
    std::vector<std::string> ids;
    db::Rows rows = session.query(
        "SELECT public_id FROM id_mapping WHERE entity_type = 'group' AND public_id IN (SELECT "
        "actor_id FROM role_assignments WHERE actor_kind = 'group') ORDER BY fetched_at LIMIT ?",
        {kGroupsOfOneList});
    while (rows.next()) ids.push_back(rows.string(0));
    return ids;
  });
  for (const auto& id : old) sync_members(state, id, state.options.identity_cache_time);
}

void sync_user_named(State& state, const std::string& domain_id, const std::string& name) {
  const Of of = directory_of(state, domain_id);
  if (!of) return;
  const auto found =
      find_with_groups(state, of, [&](DirectoryDomain& domain) { return domain.user_named(name); });
  if (found.user) {
    write_user(state, of, found);
    return;
  }
  const auto old = state.world.db.read(
      [&](db::Session& session) { return DirectoryCopy(state, *of).user_named(session, name); });
  if (old) remove_user(state, of, *old);
}

void sync_named(State& state, const UserRef& ref) {
  const auto who = referred(state, ref);
  if (who && !who->name.empty()) sync_user_named(state, who->of->domain_id, who->name);
}

void sync_users_for(State& state, const resource::Call& call) {
  if (!state.directories.may_exist()) return;
  if (const auto& id = call.param("id"); !id.empty()) return sync_user(state, id);
  const auto domain_id = listed_domain(state, call);
  const Of of = directory_of(state, domain_id);
  if (!of) return;
  if (const auto* name = call.query().find("name")) {
    return sync_user_named(state, domain_id, *name);
  }
  const auto users =
      state.directories.ask(*of, [](DirectoryDomain& domain) { return domain.users(); });
  write_all(state, of, users, "user");
}

void sync_groups_for(State& state, const resource::Call& call) {
  if (!state.directories.may_exist()) return;
  if (const auto& id = call.param("id"); !id.empty()) return sync_group(state, id);
  const Of of = directory_of(state, listed_domain(state, call));
  if (!of) return;
  if (const auto* name = call.query().find("name")) return sync_group_named(state, of, *name);
  const auto groups =
      state.directories.ask(*of, [](DirectoryDomain& domain) { return domain.groups(); });
  write_all(state, of, groups, "group");
}

void narrow_to_domain(State& state, const resource::Call& call, db::Session& session,
                      std::string_view type, resource::Page& page) {
  if (!state.directories.may_exist()) return;
  const auto domain_id = listed_domain(state, call);
  if (state.options.domain_drivers) page.where.equals("domain_id", domain_id);
  const auto of = state.directories.find(session, domain_id);
  if (!of || of->ids_are_local) return;
  page.where.and_(
      "domain_id <> ? OR id IN (SELECT public_id FROM id_mapping WHERE domain_id = ? AND "
      "entity_type = ?)",
      {domain_id, domain_id, type});
}

void refuse_write(State& state, db::Session& session, std::string_view domain_id) {
  if (!state.directories.find(session, domain_id)) return;
  throw Fault::forbidden("LDAP does not support write operations");
}

std::optional<User> directory_login(State& state, const UserRef& ref) {
  const auto who = referred(state, ref);
  if (!who) return std::nullopt;
  const std::string password = ref.password.value_or("");
  const UserFound found = find_referred(state, *who);
  const bool right = state.directories.ask(*who->of, [&](DirectoryDomain& domain) {
    if (found.user) return domain.accepts(*found.user, password);
    domain.accepts_nobody(ref.name + ref.id, password);
    return false;
  });
  if (!right) throw unauthorized();
  const std::string id = write_user(state, who->of, found);
  const auto user = state.world.db.read([&](db::Session& session) {
    return find_user(state, session, {.id = id, .name = {}, .domain = {}, .password = {}});
  });
  if (!user) throw unauthorized();
  return user;
}

std::optional<bool> directory_accepts(State& state, const std::string& user_id,
                                      const std::string& password) {
  const auto who = known(state, user_id, "user", Duration::min());
  if (!who) return std::nullopt;
  return state.directories.ask(*who->of, [&](DirectoryDomain& domain) {
    const auto user = domain.user(who->entry.local_id);
    return user && domain.accepts(*user, password);
  });
}

void directory_changed(State& state, db::Transaction& tx, const std::string& domain_id) {
  if (!state.options.domain_configs_in_tables) return;  // files say what holds
  const json::Value config(domain_config(tx, domain_id));
  const json::Value* driver = config.at({"identity", "driver"});
  forget_copies(state, tx, domain_id, driver && driver->text() && *driver->text() != "sql");
  state.epochs.change_directories(tx);
}

void forget_unserved(State& state) {
  state.world.db.write([&](db::Transaction& tx) {
    std::vector<std::string> domains;
    {
      db::Rows rows = tx.query("SELECT DISTINCT domain_id FROM id_mapping");
      while (rows.next()) domains.push_back(rows.string(0));
    }
    for (const auto& id : domains) {
      if (!state.directories.find(tx, id)) forget_copies(state, tx, id, false);
    }
  });
}

}  // namespace haneul::keystone
