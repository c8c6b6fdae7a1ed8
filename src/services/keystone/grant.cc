#include "services/keystone/grant.h"

#include <fmt/format.h>

#include "services/keystone/dialect.h"
#include "services/keystone/directory_sync.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/projects.py, domains.py, system.py, os_inherit.py
namespace haneul::keystone {
namespace {

using resource::Call;

// What a path says of all its grants.
struct Place {
  std::string target_kind;  // project, domain or system
  std::string actor_kind;   // user or group
  bool inherited = false;

  std::string rule(std::string_view verb) const {
    if (target_kind != "system") {
      return fmt::format("identity:{}_grant{}", verb, verb == "list" ? "s" : "");
    }
    return fmt::format("identity:{}_system_grant{}_for_{}", verb, verb == "list" ? "s" : "",
                       actor_kind);
  }
};

// The rows a path names, and what the policy sees of them.
struct Found {
  std::optional<Role> role;
  std::optional<User> user;
  std::optional<Group> group;
  std::optional<Project> target;  // project or domain

  access::PairsTarget policy_target(const Place& place) const {
    access::PairsTarget t;
    const auto none = [](const MaybeId& id) {
      return id.empty() ? access::TargetValue(nullptr)
                        : access::TargetValue(std::string_view(id.text));
    };
    if (role) {
      t.add("target.role.id", role->id);
      t.add("target.role.name", role->name);
      t.add("target.role.domain_id", none(role->domain_id));
    }
    if (user) {
      t.add("target.user.id", user->id);
      t.add("target.user.domain_id", user->domain_id);
    }
    if (group) {
      t.add("target.group.id", group->id);
      t.add("target.group.domain_id", group->domain_id);
    }
    if (!target) return t;
    const bool project = place.target_kind == "project";
    t.add(project ? "target.project.id" : "target.domain.id", target->id);
    if (project) t.add("target.project.domain_id", none(target->domain_id));
    return t;
  }
};

std::string target_id(const Call& call, const Place& place) {
  return place.target_kind == "system" ? "system" : call.param(place.target_kind + "_id");
}

std::string actor_id(const Call& call, const Place& place) {
  return call.param(place.actor_kind + "_id");
}

// Rows that are missing end the request before the policy is asked, as upstream has it; a grant
// may be taken from a user or group that is gone.
Found find_and_enforce(const Call& call, const State& state, db::Session& session,
                       const Place& place, std::string_view verb) {
  Found found;
  if (!call.param("role_id").empty()) {
    found.role = role_or_fault(state, session, call.param("role_id"));
  }
  const auto actor = actor_id(call, place);
  if (place.actor_kind == "user") {
    found.user = state.users.find(session, actor);
    if (!found.user && verb != "revoke") throw no_such("user", actor);
  } else {
    found.group = state.groups.find(session, actor);
    if (!found.group && verb != "revoke") throw no_such("group", actor);
  }
  if (place.target_kind == "project") {
    found.target = project_or_fault(state, session, target_id(call, place));
  } else if (place.target_kind == "domain") {
    found.target = domain_or_fault(state, session, target_id(call, place));
  }
  call.enforce(place.rule(verb), found.policy_target(place));
  return found;
}

constexpr std::string_view kThisGrant =
    "actor_id = ? AND target_id = ? AND role_id = ? AND inherited = ? AND actor_kind = ? AND "
    "target_kind = ?";

[[noreturn]] void no_such_grant(const Call& call, const Place& place) {
  throw Fault::not_found(fmt::format(
      "Could not find role assignment with role: {}, user or group: {}, project, domain, or "
      "system: {}.",
      call.param("role_id"), actor_id(call, place), target_id(call, place)));
}

http::Response check(Call& call, State& state, const Place& place) {
  call.db().read([&](db::Session& session) {
    find_and_enforce(call, state, session, place, "check");
    static const std::string kSelect =
        "SELECT role_id FROM role_assignments WHERE " + std::string(kThisGrant);
    const auto there =
        session.text(kSelect, {actor_id(call, place), target_id(call, place), call.param("role_id"),
                               place.inherited, place.actor_kind, place.target_kind});
    if (!there) no_such_grant(call, place);
  });
  return http::Response::empty(204);
}

std::int64_t remove_row(const Call& call, db::Transaction& tx, const Place& place) {
  static const std::string kDelete =
      "DELETE FROM role_assignments WHERE " + std::string(kThisGrant);
  return tx.execute(kDelete, {actor_id(call, place), target_id(call, place), call.param("role_id"),
                              place.inherited, place.actor_kind, place.target_kind});
}

void note_change(State& state, db::Transaction& tx, const Call& call, const Place& place) {
  if (place.actor_kind == "user") return state.epochs.change_user(tx, actor_id(call, place));
  state.epochs.change_all(tx);
}

// upstream: openstack/keystone:keystone/notifications.py (CadfRoleAssignmentNotificationWrapper)
void record(const Call& call, db::Transaction& tx, const Place& place, std::string_view what) {
  notify::Event event{
      .type = fmt::format("identity.role_assignment.{}", what),
      .subject = call.param("role_id"),
      .details = {{"role", call.param("role_id")}, {"inherited_to_projects", place.inherited}}};
  event.details.set(place.actor_kind, actor_id(call, place));
  event.details.set(place.target_kind, target_id(call, place));
  if (place.target_kind == "project") event.project_id = target_id(call, place);
  call.record(tx, event);
}

void check_role_fits(const Place& place, const Found& found) {
  const Role& role = *found.role;
  if (role.domain_id.empty()) return;
  if (place.target_kind == "system") {
    throw Fault::bad_request(fmt::format(
        "Role {} is a domain-specific role. Unable to use a domain-specific role in a system "
        "assignment.",
        role.id));
  }
  if (place.target_kind == "project" && found.target->domain_id != role.domain_id) {
    throw Fault::forbidden(
        fmt::format("Project {} must be in the same domain as the role {} being assigned.",
                    found.target->id, role.id));
  }
}

http::Response create(Call& call, State& state, const Place& place) {
  call.db().write([&](db::Transaction& tx) {
    const Found found = find_and_enforce(call, state, tx, place, "create");
    check_role_fits(place, found);
    remove_row(call, tx, place);
    tx.execute(
        "INSERT INTO role_assignments (actor_id, target_id, role_id, inherited, actor_kind, "
        "target_kind) VALUES (?, ?, ?, ?, ?, ?)",
        {actor_id(call, place), target_id(call, place), call.param("role_id"), place.inherited,
         place.actor_kind, place.target_kind});
    note_change(state, tx, call, place);
    record(call, tx, place, "created");
  });
  return http::Response::empty(204);
}

http::Response revoke(Call& call, State& state, const Place& place) {
  call.db().write([&](db::Transaction& tx) {
    find_and_enforce(call, state, tx, place, "revoke");
    if (remove_row(call, tx, place) == 0) no_such_grant(call, place);
    note_change(state, tx, call, place);
    record(call, tx, place, "deleted");
  });
  return http::Response::empty(204);
}

http::Response list(Call& call, State& state, const Place& place) {
  return call.db().read([&](db::Session& session) {
    find_and_enforce(call, state, session, place, "list");
    resource::Where where;
    where.and_(
        "id IN (SELECT role_id FROM role_assignments WHERE actor_id = ? AND target_id = ? "
        "AND inherited = ? AND actor_kind = ? AND target_kind = ?)",
        {actor_id(call, place), target_id(call, place), place.inherited, place.actor_kind,
         place.target_kind});
    json::Writer w;
    w.begin_object().key("roles").begin_array();
    for (const Role& role : state.roles.list(session, where)) {
      w.begin_object();
      write_role_members(w, role);
      write_self_link(w, call, "/roles/" + role.id);
      w.end_object();
    }
    w.end_array();
    write_list_links(w, call);
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

void sync_actor(const Call& call, State& state, const Place& place) {
  const auto id = actor_id(call, place);
  const Duration old = state.options.identity_cache_time;
  place.actor_kind == "user" ? sync_user(state, id, old) : sync_group(state, id, old);
}

void add_place(resource::Service& service, State& state, const Place& place) {
  const std::string target = place.target_kind == "system"
                                 ? "/system"
                                 : fmt::format("/{0}s/{{{0}_id}}", place.target_kind);
  const std::string all =
      fmt::format("/v3{}{}/{}s/{{{}_id}}/roles", place.inherited ? "/OS-INHERIT" : "", target,
                  place.actor_kind, place.actor_kind);
  const std::string end = place.inherited ? "/inherited_to_projects" : "";
  const auto with_actor = [&state, place](auto verb) {
    return [&state, place, verb](Call& c) {
      sync_actor(c, state, place);
      return verb(c, state, place);
    };
  };
  const std::string one = all + "/{role_id}" + end;
  service.route("GET", all + end, with_actor(list));
  service.route("GET", one, with_actor(check));
  service.route("PUT", one, with_actor(create));
  service.route("DELETE", one, with_actor(revoke));
}

}  // namespace

void add_grants(resource::Service& service, State& state) {
  for (const char* actor : {"user", "group"}) {
    for (const char* target : {"project", "domain", "system"}) {
      add_place(service, state, {target, actor, false});
    }
    add_place(service, state, {"project", actor, true});
    add_place(service, state, {"domain", actor, true});
  }
}

}  // namespace haneul::keystone
