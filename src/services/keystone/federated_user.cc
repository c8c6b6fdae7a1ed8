#include "services/keystone/federated_user.h"

#include <fmt/format.h>

#include "base/id.h"
#include "base/text.h"
#include "notify/journal.h"
#include "services/keystone/dialect.h"
#include "services/keystone/logic/public_id.h"
#include "services/keystone/state.h"

namespace haneul::keystone {
namespace {

using resource::Where;

constexpr std::size_t kNameCharsMax = 255;

// As Python's urllib.parse.quote: a slash stays.
std::string url_quoted(std::string_view text) {
  std::string out;
  for (const auto part : split(text, '/')) {
    out += percent_encode(part);
    out += '/';
  }
  out.pop_back();
  return out;
}

std::string domain_of(const State& state, db::Session& session, const MappedDomain& domain,
                      const IdentityProvider& idp) {
  if (domain.empty()) return idp.domain_id.text;
  if (!domain.id.empty()) return domain_or_fault(state, session, domain.id).id;
  const auto row =
      state.projects.first(session, Where().equals("is_domain", true).equals("name", domain.name));
  if (!row) throw no_such("domain", domain.name);
  return row->id;
}

struct Names {
  std::string unique_id, display_name;
};

Names names_of(const MappedUser& user) {
  if (user.id.empty() && user.name.empty()) {
    throw Fault::unauthorized(
        "Could not map user while setting ephemeral user identity. Either mapping rules must "
        "specify user id/name or REMOTE_USER environment variable must be set.");
  }
  Names names{url_quoted(user.id.empty() ? user.name : user.id),
              user.name.empty() ? user.id : user.name};
  if (utf8_length(names.unique_id) > kNameCharsMax ||
      utf8_length(names.display_name) > kNameCharsMax) {
    throw Fault::unauthorized("The name or id of a federated user is too long");
  }
  return names;
}

// Providers' names may be alike, a domain's may not: the second is told apart by its id.
std::string free_name(const State& state, db::Session& session, const User& user,
                      const std::string& wanted) {
  const auto taken = state.users.first(
      session, Where().equals("domain_id", user.domain_id).equals("name", wanted));
  return !taken || taken->id == user.id ? wanted : fmt::format("{} {}", wanted, user.id);
}

// What a login makes by itself is the user's own doing.
void record(const State& state, db::Transaction& tx, const notify::Event& event,
            const std::string& user_id) {
  state.world.journal.add(tx, event, {.user_id = user_id});
}

notify::Event role_given(const std::string& user, const std::string& project,
                         const std::string& role) {
  return {.type = "identity.role_assignment.created",
          .subject = role,
          .project_id = project,
          .details = {{"role", role}, {"user", user}, {"project", project}}};
}

User new_user(const State& state, db::Transaction& tx, const std::string& domain_id,
              const Names& names) {
  User user;
  user.id = public_id(domain_id, "user", names.unique_id);
  user.domain_id = domain_id;
  user.created_at = state.now();
  if (state.users.find(tx, user.id)) throw conflict("federated_user", "Duplicate entry");
  user.name = free_name(state, tx, user, names.display_name);
  state.users.insert(tx, user);
  record(state, tx, {.type = "identity.user.created", .subject = user.id}, user.id);
  return user;
}

constexpr std::string_view kFind =
    "SELECT user_id FROM federated_users WHERE idp_id = ? AND protocol_id = ? AND unique_id = ?";

User find_or_make(const State& state, db::Transaction& tx, const Protocol& protocol,
                  const std::string& domain_id, const Names& names) {
  const auto known = tx.text(kFind, {protocol.idp_id, protocol.id, names.unique_id});
  if (!known) {
    User user = new_user(state, tx, domain_id, names);
    tx.execute(
        "INSERT INTO federated_users (idp_id, protocol_id, unique_id, user_id, display_name) "
        "VALUES (?, ?, ?, ?, ?)",
        {protocol.idp_id, protocol.id, names.unique_id, user.id, names.display_name});
    return user;
  }
  User user = user_or_fault(state, tx, *known);
  user.name = free_name(state, tx, user, names.display_name);
  tx.execute(
      "UPDATE federated_users SET display_name = ? WHERE idp_id = ? AND protocol_id = ? AND "
      "unique_id = ?",
      {names.display_name, protocol.idp_id, protocol.id, names.unique_id});
  return user;
}

void join_groups(const State& state, db::Transaction& tx, const IdentityProvider& idp,
                 const std::string& user_id, const std::vector<std::string>& group_ids) {
  const auto minutes = idp.authorization_ttl.value_or(state.options.authorization_ttl_minutes);
  if (minutes == 0) return;  // what the token says is all there is
  const Instant end = state.now() + std::chrono::minutes(minutes);
  for (const auto& group : group_ids) {
    tx.execute(
        "INSERT OR REPLACE INTO expiring_group_members (user_id, group_id, idp_id, expires_at) "
        "VALUES (?, ?, ?, ?)",
        {user_id, group, idp.id, end});
  }
}

// A role of the whole cloud, or one of the domain that users are in.
Role role_named(const State& state, db::Session& session, const std::string& name,
                const std::string& domain_id, const IdentityProvider& idp) {
  const auto rows = state.roles.list(session, Where().equals("name", name));
  if (rows.empty()) throw no_such("role", name);
  for (const Role& role : rows) {
    if (role.domain_id.empty() || role.domain_id.text == domain_id) return role;
  }
  throw Fault::forbidden(fmt::format(
      "role: {} must be within the same domain as the identity provider: {}.", name, idp.id));
}

std::string project_named(const State& state, db::Transaction& tx, const std::string& name,
                          const std::string& domain_id, const std::string& user_id) {
  const auto known =
      state.projects.first(tx, Where().equals("domain_id", domain_id).equals("name", name));
  if (known) return known->id;
  constexpr std::size_t kProjectNameCharsMax = 64;
  if (name.empty() || utf8_length(name) > kProjectNameCharsMax) {
    throw Fault::unauthorized("The mapping names a project that cannot be");
  }
  Project project;
  project.id = new_hex_id();
  project.name = name;
  project.domain_id.text = project.parent_id.text = domain_id;
  project.description = "";
  state.projects.insert(tx, project);
  record(state, tx, {.type = "identity.project.created", .subject = project.id}, user_id);
  return project.id;
}

void grant_projects(const State& state, db::Transaction& tx, const IdentityProvider& idp,
                    const User& user, const std::vector<MappedProject>& projects) {
  for (const MappedProject& wanted : projects) {
    std::vector<std::string> role_ids;
    for (const auto& name : wanted.roles) {
      role_ids.push_back(role_named(state, tx, name, user.domain_id, idp).id);
    }
    const auto domain = domain_of(state, tx, wanted.domain, idp);
    const auto project = project_named(state, tx, wanted.name, domain, user.id);
    for (const auto& role : role_ids) {
      const auto added = tx.execute(
          "INSERT OR IGNORE INTO role_assignments (actor_id, target_id, role_id, inherited, "
          "actor_kind, target_kind) VALUES (?, ?, ?, 0, 'user', 'project')",
          {user.id, project, role});
      if (added > 0) record(state, tx, role_given(user.id, project, role), user.id);
    }
  }
}

}  // namespace

std::string shadow_user(State& state, db::Transaction& tx, const IdentityProvider& idp,
                        const Protocol& protocol, const MappedIdentity& mapped,
                        const std::vector<std::string>& group_ids) {
  const Names names = names_of(mapped.user);
  const auto domain_id = domain_of(state, tx, mapped.user.domain, idp);
  User user = find_or_make(state, tx, protocol, domain_id, names);
  if (!mapped.user.email.empty()) user.extra.set("email", mapped.user.email);
  state.users.update(tx, user);
  join_groups(state, tx, idp, user.id, group_ids);
  grant_projects(state, tx, idp, user, mapped.projects);
  state.epochs.change_user(tx, user.id);
  return user.id;
}

std::string display_name(db::Session& session, const std::string& user_id) {
  return session
      .text("SELECT display_name FROM federated_users WHERE user_id = ? LIMIT 1", {user_id})
      .value_or("");
}

void remove_federated_user(db::Transaction& tx, const std::string& user_id) {
  tx.execute("DELETE FROM federated_users WHERE user_id = ?", {user_id});
  tx.execute("DELETE FROM expiring_group_members WHERE user_id = ?", {user_id});
}

void end_group_memberships(State& state) {
  state.world.db.write([&](db::Transaction& tx) {
    std::vector<std::string> users;
    {
      db::Rows rows =
          tx.query("SELECT DISTINCT user_id FROM expiring_group_members WHERE expires_at <= ?",
                   {state.now()});
      while (rows.next()) users.push_back(rows.string(0));
    }
    if (users.empty()) return;
    tx.execute("DELETE FROM expiring_group_members WHERE expires_at <= ?", {state.now()});
    for (const auto& id : users) state.epochs.change_user(tx, id);
  });
}

}  // namespace haneul::keystone
